// Node's own HTTP server with ONNX Runtime in the same process, on one thread:
//   MODEL=model.onnx COLUMNS='{"name":"number",...}' ORT=.../onnxruntime-node node node_server.js PORT
// A model with one input takes all columns as one float32 row; otherwise each column has an input of its own.
const http = require('http');
const ort = require(process.env.ORT);
const columns = Object.entries(JSON.parse(process.env.COLUMNS));

function oneTensor(session) {
  const name = session.inputNames[0];
  return (row) => ({ [name]: new ort.Tensor('float32', Float32Array.from(columns, ([column]) => row[column]), [1, columns.length]) });
}

function tensorEach(row) {
  const feeds = {};
  for (const [name, kind] of columns) {
    feeds[name] = kind === 'number' ? new ort.Tensor('float64', Float64Array.of(row[name]), [1, 1]) : new ort.Tensor('string', [row[name]], [1, 1]);
  }
  return feeds;
}

(async () => {
  const session = await ort.InferenceSession.create(process.env.MODEL, { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 3 });
  const feedsOf = session.inputNames.length === 1 ? oneTensor(session) : tensorEach;
  const output = session.outputNames[0];
  http.createServer((request, response) => {
    let body = '';
    request.on('data', (part) => { body += part; });
    request.on('end', async () => {
      try {
        const answers = await session.run(feedsOf(JSON.parse(body)), [output]);
        const text = JSON.stringify({ prediction: answers[output].data[0] });
        response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) });
        response.end(text);
      } catch (failure) {
        response.writeHead(400);
        response.end(String(failure));
      }
    });
  }).listen(Number(process.argv[2]), '127.0.0.1');
})();
