// Headers of every answer, also of errors: nothing is cached, nothing runs but our own files, nobody frames us. They are the same for all, so
// they are put together once, not for each call.

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
];

export const fixedHeaders: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': policy.join(';'),
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'origin-agent-cluster': '?1',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000',
  'x-content-type-options': 'nosniff',
  'x-dns-prefetch-control': 'off',
  'x-download-options': 'noopen',
  'x-frame-options': 'DENY',
  'x-permitted-cross-domain-policies': 'none',
  // What it switched on in old browsers could be turned against the page.
  'x-xss-protection': '0',
};

/** For what is answered before any route, and so any hook, was found. */
export const bareHeaders: Readonly<Record<string, string>> = {
  ...fixedHeaders,
  'content-security-policy': "default-src 'none';frame-ancestors 'none'",
};
