// Answers rows with ONNX Runtime, the judge of the models that package onnx
// writes. Usage: node run_ort.mjs NODE_MODULES < cases.json > answers.json
//
// A case is {model: path, rows: N, output: name, inputs: [{name, kind, values}]}, kind
// "double" (null is NaN) or "string". The answer is a list of lists; a number
// that JSON cannot hold is its text.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const require = createRequire(resolve(process.argv[2], 'judge.cjs'));
const ort = require('onnxruntime-node');

const answers = [];
for (const c of JSON.parse(readFileSync(0, 'utf8'))) {
  const session = await ort.InferenceSession.create(c.model, { logSeverityLevel: 3, intraOpNumThreads: 1 });
  const feeds = {};
  for (const { name, kind, values } of c.inputs) {
    feeds[name] =
      kind === 'string'
        ? new ort.Tensor('string', values, [c.rows, 1])
        : new ort.Tensor('float64', Float64Array.from(values, (v) => (v === null ? NaN : v)), [c.rows, 1]);
  }
  const { [c.output]: output } = await session.run(feeds);
  if (output.type !== 'float64' || output.dims.join() !== `${c.rows},1`) {
    throw new Error(`output is ${output.type} [${output.dims}], not float64 [${c.rows},1]`);
  }
  answers.push(Array.from(output.data, (v) => (Number.isFinite(v) ? v : String(v))));
}
process.stdout.write(JSON.stringify(answers));
