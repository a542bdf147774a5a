// The description for people: one page of plain HTML from the contract, without a script.

import { addressOf, type Operation } from './contract/operation.ts';
import { contract } from './contract.ts';

export function docsPage(): string {
  const operations = Object.entries(contract) as [string, Operation][];
  const topics = [...new Set(operations.map(([, { topic }]) => topic))];
  const chapter = (topic: string) =>
    `<section id="${idOf(topic)}"><h2>${html(topic)}</h2>${operations
      .filter(([, one]) => one.topic === topic)
      .map(([name, one]) => article(name, one))
      .join('')}</section>`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>Holdfast API</title><link rel="stylesheet" href="/api/docs.css"></head>
<body><header><h1>Holdfast API</h1>
<p>For other programs: <a href="/api/v1/openapi.json">openapi.json</a>. Send an API token with each call, as
<code>Authorization: Bearer hf_…</code>; <code>holdfast token create</code> makes one.</p>
<nav>${topics.map((topic) => `<a href="#${idOf(topic)}">${html(topic)}</a>`).join(' ')}</nav></header>
<main>${topics.map(chapter).join('')}</main></body></html>
`;
}

function article(name: string, operation: Operation): string {
  const { method, path, summary, details, permission, example, media, status } = operation;
  const rights = [
    permission === 'public' ? 'no login' : permission,
    operation.fresh ? 'fresh proof' : '',
    operation.secondPerson ? 'second person, where wanted' : '',
  ].filter((one) => one !== '');
  const answer =
    status === 204 ? '' : media === 'application/json' ? pretty(example.answer) : String(example.answer);
  return `<article id="${html(name)}"><h3>${html(summary)}</h3>
<p class="line"><b>${method}</b> <code>${html(path)}</code> <span>${html(rights.join(' · '))}</span></p>
${details === '' ? '' : `<p>${html(details)}</p>`}<pre>${html(curl(operation))}</pre>
<p>${status}</p>${answer === '' ? '' : `<pre>${html(answer)}</pre>`}
${operation.errors.length === 0 ? '' : `<p>Errors: ${operation.errors.map((code) => `<code>${html(code)}</code>`).join(' ')}</p>`}</article>`;
}

/** As one would type it, with the example of the contract. */
export function curl({ method, path, permission, example }: Operation): string {
  const query = new URLSearchParams(example.query as Record<string, string>).toString();
  const address = `http://127.0.0.1:8420${addressOf(path, example.params as Record<string, string>)}`;
  const parts = [
    `curl ${method === 'GET' ? '' : `-X ${method} `}'${address}${query === '' ? '' : `?${query}`}'`,
    permission === 'public' ? '' : '-H "Authorization: Bearer $TOKEN"',
    example.body === undefined
      ? ''
      : `-H 'Content-Type: application/json' -d '${JSON.stringify(example.body)}'`,
  ];
  return parts.filter((part) => part !== '').join(' \\\n  ');
}

function pretty(value: unknown): string {
  return JSON.stringify(value, undefined, 2);
}

function idOf(topic: string): string {
  return topic.toLowerCase().replaceAll(' ', '-');
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function html(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => entities[sign]!);
}

export const docsStyle = `:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}
body{max-width:60rem;margin:0 auto;padding:1rem}
nav a{margin-right:.75rem}
article{border-top:1px solid #8886;padding:.5rem 0}
pre{overflow:auto;padding:.75rem;background:#8881;border-radius:.25rem}
.line span{float:right;opacity:.7}
`;
