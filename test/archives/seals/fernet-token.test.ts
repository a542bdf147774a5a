// The vectors of github.com/fernet/spec: generate, verify, invalid. Times are written and never judged, so those about times are left out.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeToken, openToken } from '../../../src/archives/seals/fernet-token.ts';

const key = Buffer.from('cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=', 'base64url');
const hello =
  'gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==';

test('a token is made as the vector says, and opens', () => {
  const iv = Uint8Array.from({ length: 16 }, (_, index) => index);
  assert.equal(makeToken(key, [Buffer.from('he'), Buffer.from('llo')], 499_162_800_000, iv), hello);
  assert.equal(openToken(key, hello)?.toString(), 'hello');
});

const invalid: Readonly<Record<string, string>> = {
  'incorrect mac':
    'gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1YdykQUFBQUFBQUFBQQ==',
  'too short': 'gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPA==',
  'invalid base64':
    '%%%%%%%%%%%%%AECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1YdykRtfsH-p1YsUD2Q==',
  'payload size not multiple of block size':
    'gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPOm73QeoCk9uGib28Xe5vz6oxq5nmxbx_v7mrfyudzUm',
  'payload padding error':
    'gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0ODz4LEpdELGQAad7aNEHbf-JkLPIpuiYRLQ3RtXatOYREu2FWke6CnJNYIbkuKNqOhw==',
  'incorrect IV':
    'gAAAAAAdwJ6xBQECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAkLhFLHpGtDBRLRTZeUfWgHSv49TF2AUEZ1TIvcZjK1zQ==',
};
for (const [name, token] of Object.entries(invalid)) {
  test(`refused: ${name}`, () => assert.equal(openToken(key, token), undefined));
}

test('spare bits and missing padding are refused: one text for one token', () => {
  assert.equal(openToken(key, hello.replace('DA==', 'DB==')), undefined);
  assert.equal(openToken(key, hello.slice(0, -2)), undefined);
  assert.equal(openToken(key, hello.replaceAll('-', '+').replaceAll('_', '/')), undefined);
});
