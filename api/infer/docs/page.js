// The form of a model's page: it sends what the fields say, in the protocol
// that is chosen, and shows the answer.
"use strict";

const form = document.getElementById("form");
const said = document.getElementById("said");
const endpoint = encodeURIComponent(form.dataset.endpoint);

function valueOf(field) {
  const text = field.value.trim();
  if (text === "") return null;
  if (field.dataset.kind === "bool") return text === "true";
  if (field.dataset.kind !== "number") return field.value;
  const number = Number(text);
  return Number.isNaN(number) ? text : number; // the server says what is wrong with it
}

const datatypes = { bool: "BOOL", number: "FP64", category: "BYTES", time: "BYTES" };

// What each protocol makes of the fields, and where the prediction is in its
// answer.
const protocols = {
  dasier: {
    path: `/api/v1/endpoints/${endpoint}/predict`,
    body: (fields) => Object.fromEntries(fields.map((f) => [f.dataset.name, valueOf(f)])),
    read: (a) => {
      if (a.values) return Object.entries(a.values).map(([name, v]) => `${name}: ${v}`).join("\n");
      let text = a.label !== undefined ? `${a.label} (${Number(Number(a.prediction).toPrecision(4))})` : `${a.prediction}${a.unit ? ` ${a.unit}` : ""}`;
      if (a.interval) text += `\n${a.interval.low} to ${a.interval.high} at ${a.interval.level * 100} %`;
      for (const n of a.notices || []) text += `\n${n.input}: ${n.message}`;
      return text;
    },
  },
  open: {
    path: `/v2/models/${endpoint}/infer`,
    body: (fields) => ({ inputs: fields.map((f) => ({ name: f.dataset.name, datatype: datatypes[f.dataset.kind], shape: [1], data: [valueOf(f)] })) }),
    read: (a) => a.outputs.map((o) => `${o.name}: ${o.data.join(", ")}`).join("\n"),
  },
  kserve: {
    path: `/v1/models/${endpoint}:predict`,
    body: (fields) => ({ instances: [fields.map(valueOf)] }),
    read: (a) => a.predictions.map(String).join("\n"),
  },
  mlflow: {
    path: `/api/v1/endpoints/${endpoint}/invocations`,
    body: (fields) => ({ dataframe_split: { columns: fields.map((f) => f.dataset.name), data: [fields.map(valueOf)] } }),
    read: (a) => a.predictions.map(String).join("\n"),
  },
};

function problem(answer) {
  if (Array.isArray(answer.errors)) return answer.errors.map((e) => (e.location ? `${e.location}: ${e.message}` : e.message)).join("\n");
  return answer.detail || answer.error || answer.message || "The server gave no reason.";
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const protocol = protocols[document.getElementById("protocol").value];
  const body = protocol.body([...form.querySelectorAll("[data-name]")]);
  document.getElementById("sent").textContent = `POST ${protocol.path}\n\n${JSON.stringify(body, null, 2)}`;
  let text = "";
  let bad = true;
  let shown = "";
  try {
    const response = await fetch(protocol.path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
    shown = await response.text();
    const answer = JSON.parse(shown);
    shown = `${response.status}\n\n${JSON.stringify(answer, null, 2)}`;
    bad = !response.ok;
    text = bad ? problem(answer) : protocol.read(answer);
  } catch (error) {
    text = `The request failed: ${error.message}`;
  }
  said.textContent = text;
  said.classList.toggle("bad", bad);
  document.getElementById("got").textContent = shown;
  document.getElementById("answer").hidden = false;
});

for (const button of document.querySelectorAll("[data-copy]")) {
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Copy failed";
    }
  });
}
