// How to ask an endpoint from a program: the same question in four languages.

export interface Question {
  origin: string;
  endpoint: string;
  example: Record<string, unknown>;
  answer: 'prediction' | 'label' | 'values'; // what of the answer is printed
}

export const languages = ['curl', 'Python', 'Go', 'JavaScript'] as const;
export type SnippetLanguage = (typeof languages)[number];

export function snippet(language: SnippetLanguage, q: Question): string {
  const address = `${q.origin}/api/v1/endpoints/${q.endpoint}/predict`;
  const json = JSON.stringify(q.example);
  switch (language) {
    case 'curl':
      return `curl '${address}' \\
  -H "Authorization: Bearer $DASIER_TOKEN" \\
  -H 'Content-Type: application/json' \\
  -d '${json.replaceAll("'", "'\\''")}'`;
    case 'Python':
      return `import json, os, urllib.request

row = ${python(q.example)}
request = urllib.request.Request(
    "${address}",
    data=json.dumps(row).encode(),
    headers={
        "Authorization": "Bearer " + os.environ["DASIER_TOKEN"],
        "Content-Type": "application/json",
    },
)
with urllib.request.urlopen(request) as answer:
    print(json.load(answer)["${q.answer}"])`;
    case 'Go':
      return `body := strings.NewReader(${goString(json)})
request, err := http.NewRequestWithContext(ctx, http.MethodPost, "${address}", body)
if err != nil {
	return err
}
request.Header.Set("Authorization", "Bearer "+os.Getenv("DASIER_TOKEN"))
request.Header.Set("Content-Type", "application/json")
response, err := http.DefaultClient.Do(request)
if err != nil {
	return err
}
defer response.Body.Close()
var answer struct{ ${goField[q.answer]} }
if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
	return err
}
fmt.Println(answer.${goField[q.answer].split(' ')[0]})`;
    case 'JavaScript':
      return `const response = await fetch('${address}', {
  method: 'POST',
  headers: {
    Authorization: \`Bearer \${process.env.DASIER_TOKEN}\`,
    'Content-Type': 'application/json',
  },
  body: JSON.stringify(${json}),
});
const { ${q.answer} } = await response.json();
console.log(${q.answer});`;
  }
}

const goField = { prediction: 'Prediction float64', label: 'Label string', values: 'Values map[string]float64' };

function python(value: unknown): string {
  if (value === null || value === undefined) return 'None';
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (Array.isArray(value)) return `[${value.map(python).join(', ')}]`;
  if (typeof value === 'object') {
    return `{${Object.entries(value)
      .map(([key, v]) => `${JSON.stringify(key)}: ${python(v)}`)
      .join(', ')}}`;
  }
  return JSON.stringify(value);
}

// goString is a raw literal where the text allows it.
const goString = (text: string): string => (text.includes('`') ? JSON.stringify(text) : `\`${text}\``);
