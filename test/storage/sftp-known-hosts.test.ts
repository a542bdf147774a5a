// Which host keys are believed, against lines that ssh-keygen wrote and lines that lie.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, createHmac } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  fingerprintOf,
  hostKeyAlgorithms,
  judgeHostKey,
  keyTypeOf,
  knownHostName,
  readKnownHosts,
} from '../../src/storage/sftp/known-hosts.ts';
import { programsOrSkip } from '../servers/process.ts';
import { makeKey, publicKey, sshdPackages } from '../servers/sshd.ts';
import { scratch } from './storage-world.ts';

/** A key blob of the wire's form; judging never looks behind the first word. */
function blobOf(type: string, seed: string): Buffer {
  const word = (bytes: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return Buffer.concat([length, bytes]);
  };
  return Buffer.concat([word(Buffer.from(type)), word(createHash('sha256').update(seed).digest())]);
}

const ed = blobOf('ssh-ed25519', 'one');
const otherEd = blobOf('ssh-ed25519', 'two');
const rsa = blobOf('ssh-rsa', 'three');
const line = (names: string, key: Buffer) => `${names} ${keyTypeOf(key)} ${key.toString('base64')} comment`;

function hashed(name: string): string {
  const salt = Buffer.alloc(20, 7);
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`;
}

test('a host key is judged as its lines say', () => {
  const table: readonly (readonly [string, string, Buffer, string])[] = [
    ['', 'a', ed, 'unknown'],
    [line('a', ed), 'a', ed, 'known'],
    [line('a', ed), 'b', ed, 'unknown'],
    [line('a', ed), 'a', otherEd, 'changed'],
    [line('a', ed), 'a', rsa, 'changed'],
    [`${line('a', rsa)}\n${line('a', ed)}`, 'a', ed, 'known'],
    [line('b,a', ed), 'a', ed, 'known'],
    [line('A.Example', ed), 'a.example', ed, 'known'],
    [line('*.example', ed), 'a.example', ed, 'known'],
    [line('*.example', ed), 'axexample', ed, 'unknown'],
    [line('a?c', ed), 'abc', ed, 'known'],
    [line('a?c', ed), 'ac', ed, 'unknown'],
    [line('*,!bad.example', ed), 'bad.example', ed, 'unknown'],
    [line('*,!bad.example', ed), 'good.example', ed, 'known'],
    [line('!bad.example', ed), 'good.example', ed, 'unknown'],
    [line('[a]:2222', ed), '[a]:2222', ed, 'known'],
    [line('a', ed), '[a]:2222', ed, 'unknown'],
    [line('[a]:2222', ed), 'a', ed, 'unknown'],
    [line(hashed('a'), ed), 'a', ed, 'known'],
    [line(hashed('a'), ed), 'b', ed, 'unknown'],
    [line(hashed('[a]:2222'), ed), '[a]:2222', ed, 'known'],
    [line(hashed('a'), otherEd), 'a', ed, 'changed'],
    [`${line('a', ed)}\n@revoked ${line('a', ed)}`, 'a', ed, 'revoked'],
    [`@revoked ${line('*', ed)}`, 'a', ed, 'revoked'],
    [`@revoked ${line('a', otherEd)}`, 'a', ed, 'unknown'],
    [`@cert-authority ${line('*', ed)}`, 'a', ed, 'unknown'],
    [`# ${line('a', ed)}`, 'a', ed, 'unknown'],
    [`  ${line('a', ed)}\r`, 'a', ed, 'known'],
    ['a ssh-ed25519', 'a', ed, 'unknown'],
    [`a ssh-rsa ${ed.toString('base64')}`, 'a', ed, 'unknown'],
    ['|1|| ssh-ed25519 AAAA', 'a', ed, 'unknown'],
    [line('|1|AAAA', ed), 'a', ed, 'unknown'],
  ];
  for (const [text, name, key, verdict] of table) {
    assert.equal(judgeHostKey(key, name, readKnownHosts(text), undefined), verdict, `${name}: ${text}`);
  }
});

test('a pin takes the place of known_hosts, but not of what is revoked there', () => {
  const pin = fingerprintOf(ed);
  assert.equal(judgeHostKey(ed, 'a', [], pin), 'known');
  assert.equal(judgeHostKey(ed, 'a', readKnownHosts(line('a', otherEd)), pin), 'known');
  assert.equal(judgeHostKey(otherEd, 'a', readKnownHosts(line('a', otherEd)), pin), 'changed');
  assert.equal(judgeHostKey(ed, 'a', readKnownHosts(`@revoked ${line('a', ed)}`), pin), 'revoked');
});

test('a server is asked first for the types of key that are known of it, and never for SHA-1', () => {
  const all = hostKeyAlgorithms('a', []);
  assert.equal(all[0], 'ssh-ed25519');
  assert.ok(!all.includes('ssh-rsa') && !all.includes('ssh-dss'));
  const known = hostKeyAlgorithms('a', readKnownHosts(line('a', rsa)));
  assert.deepEqual(known.slice(0, 2), ['rsa-sha2-512', 'rsa-sha2-256']);
  assert.deepEqual([...known].sort(), [...all].sort());
  assert.deepEqual(hostKeyAlgorithms('a', readKnownHosts(`@revoked ${line('a', rsa)}`)), all);
});

test('a pattern of many stars is judged at once', () => {
  const hosts = readKnownHosts(line(`${'*a'.repeat(12)}b`, ed));
  const began = process.cpuUsage().user;
  assert.equal(judgeHostKey(ed, 'a'.repeat(60), hosts, undefined), 'unknown');
  assert.ok(process.cpuUsage().user - began < 2_000_000);
});

test('files and fingerprints of ssh-keygen are understood, hashed ones too', (t) => {
  if (!programsOrSkip(t, ['ssh-keygen'], sshdPackages)) return;
  using folder = scratch();
  const file = join(folder.path, 'known_hosts');
  for (const type of ['ed25519', 'ecdsa']) {
    const path = join(folder.path, type);
    makeKey(path, type);
    const [, text] = publicKey(`${path}.pub`).split(' ');
    const key = Buffer.from(text!, 'base64');
    const shown = execFileSync('ssh-keygen', ['-lf', `${path}.pub`])
      .toString()
      .split(' ')[1];
    assert.equal(fingerprintOf(key), shown);
    const name = knownHostName('Server.Example', 2222);
    writeFileSync(file, `${name} ${publicKey(`${path}.pub`)}\nother ${publicKey(`${path}.pub`)}\n`);
    execFileSync('ssh-keygen', ['-q', '-H', '-f', file], { stdio: 'ignore' });
    assert.ok(existsSync(`${file}.old`));
    const hosts = readKnownHosts(readFileSync(file, 'utf8'));
    assert.equal(hosts.length, 2);
    assert.equal(judgeHostKey(key, name, hosts, undefined), 'known');
    assert.equal(judgeHostKey(key, 'server.example', hosts, undefined), 'unknown');
  }
});
