// Runs ONNX files with ONNX Runtime, the judge of what operators mean.
// Usage: node judge.mjs NODE_MODULES < cases.json > answers.json
//
// A case is {model: path, inputs: [{name, type, dims, data}]}; its answer
// {error} or {outputs: [{name, type, dims, data}]}. A number that JSON cannot
// hold is its text, int64s are texts always.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const require = createRequire(resolve(process.argv[2], 'judge.cjs'));
const ort = require('onnxruntime-node');

const arrays = {
  float32: (data) => Float32Array.from(data, Number),
  float64: (data) => Float64Array.from(data, Number),
  int64: (data) => BigInt64Array.from(data, BigInt),
  int32: (data) => Int32Array.from(data, Number),
  bool: (data) => Uint8Array.from(data, Number),
  uint8: (data) => Uint8Array.from(data, Number),
  string: (data) => data,
};

const answers = [];
for (const c of JSON.parse(readFileSync(0, 'utf8'))) {
  try {
    const session = await ort.InferenceSession.create(c.model, { logSeverityLevel: 4, intraOpNumThreads: 1 });
    const feeds = {};
    for (const { name, type, dims, data } of c.inputs) feeds[name] = new ort.Tensor(type, arrays[type](data), dims);
    const results = await session.run(feeds);
    const outputs = session.outputNames.map((name) => {
      const { type, dims, data } = results[name];
      const cell = (v) => (typeof v === 'string' || (typeof v === 'number' && Number.isFinite(v)) ? v : String(v));
      return { name, type, dims: Array.from(dims, Number), data: Array.from(data, cell) };
    });
    answers.push({ outputs });
  } catch (e) {
    answers.push({ error: String(e) });
  }
}
process.stdout.write(JSON.stringify(answers));
