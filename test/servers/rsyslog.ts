// rsyslog, listening on UDP, TCP and TLS on ports of loopback, with one JSON line in a file for each record it has understood.

import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { IssuedCertificate } from './authority.ts';
import { accepts, freePort, startServer } from './process.ts';

export const rsyslogPrograms = ['rsyslogd'];
export const rsyslogPackages = 'rsyslog rsyslog-openssl';

export interface SyslogLine {
  readonly pri: string;
  readonly version: string;
  readonly time: string;
  readonly hostname: string;
  readonly app: string;
  readonly procid: string;
  readonly msgid: string;
  readonly data: string;
  readonly msg: string;
  readonly input: string;
}

export interface Rsyslog extends AsyncDisposable {
  readonly udp: number;
  readonly tcp: number;
  readonly tls: number;
  /** Waits until so many lines are there. */
  lines(count: number): Promise<SyslogLine[]>;
}

export async function startRsyslog(plan: {
  readonly folder: string;
  readonly certificate: IssuedCertificate;
  readonly authorityPath: string;
}): Promise<Rsyslog> {
  const { folder, certificate, authorityPath } = plan;
  const [udp, tcp, tls] = [await freePort(), await freePort(), await freePort()];
  const output = join(folder, 'lines');
  writeFileSync(output, '');
  chmodSync(certificate.keyPath, 0o644);
  const configuration = join(folder, 'rsyslog.conf');
  const fields = {
    pri: 'pri',
    version: 'protocol-version',
    time: 'timereported',
    hostname: 'hostname',
    app: 'app-name',
    procid: 'procid',
    msgid: 'msgid',
    data: 'structured-data',
    msg: 'msg',
    input: 'inputname',
  };
  const properties = Object.entries(fields).map(
    ([name, property]) =>
      `constant(value="\\"${name}\\":\\"") property(name="${property}" format="json"${property === 'timereported' ? ' dateFormat="rfc3339"' : ''}) constant(value="\\"")`,
  );
  writeFileSync(
    configuration,
    `global(workDirectory="${folder}" maxMessageSize="64k"
  defaultNetstreamDriverCAFile="${authorityPath}"
  defaultNetstreamDriverCertFile="${certificate.certificatePath}"
  defaultNetstreamDriverKeyFile="${certificate.keyPath}")
module(load="imudp")
module(load="imtcp")
input(type="imudp" address="127.0.0.1" port="${udp}" name="udp" ruleset="file")
input(type="imtcp" address="127.0.0.1" port="${tcp}" name="tcp" ruleset="file")
input(type="imtcp" address="127.0.0.1" port="${tls}" name="tls" ruleset="file"
  streamDriver.name="ossl" streamDriver.mode="1" streamDriver.authMode="anon")
template(name="json" type="list") {
  constant(value="{")
  ${properties.join('\n  constant(value=",")\n  ')}
  constant(value="}\\n")
}
ruleset(name="file") { action(type="omfile" file="${output}" template="json" asyncWriting="off") }
`,
  );
  const process = await startServer({
    program: 'rsyslogd',
    arguments: ['-n', '-iNONE', '-f', configuration],
    folder,
    isReady: async () => (await accepts(tcp)) && (await accepts(tls)),
  });
  return {
    udp,
    tcp,
    tls,
    async lines(count) {
      // A receiver has no other way to say that it has written.
      for (let tries = 0; tries < 30_000; tries += 1) {
        const lines = readFileSync(output, 'utf8').split('\n').slice(0, -1);
        if (lines.length >= count) return lines.map((line) => JSON.parse(line) as SyslogLine);
        await pause(10);
      }
      throw new Error(`only ${readFileSync(output, 'utf8')} came:\n${process.output()}`);
    },
    [Symbol.asyncDispose]: () => process[Symbol.asyncDispose](),
  };
}
