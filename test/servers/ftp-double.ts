// A small FTP server in this process that lies or fails as a test wants it: real servers cannot be told to. Plain, one account, files
// in memory; it answers only what the storage asks.

import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';

export interface FtpLies {
  /** Stores text as a server in ASCII mode does. */
  convertsLineEnds?: boolean;
  /** Stores only so many bytes, and calls it a success. */
  keepsBytes?: number;
  /** Resets the control connection when the data of a STOR have come, before (or after) the file is there. */
  cutsAfterStore?: 'stored' | 'lost';
  /** Answers for commands, such as { STOR: '552 Quota exceeded' }. */
  answers?: Readonly<Record<string, string>>;
  /** Has no MLST and MLSD. */
  isOld?: boolean;
  /** A listing names only so many files, and says so. */
  listsAtMost?: number;
  /** Sends only so many bytes of a file, and calls it a success. */
  sendsBytes?: number;
  /** Another writer puts this file while a STOR is at work. */
  appears?: { readonly path: string; readonly bytes: Buffer };
  /** Sends nothing and never ends. */
  hangsOn?: string;
}

export interface FtpDouble extends AsyncDisposable {
  readonly port: number;
  readonly files: Map<string, Buffer>;
  /** May be changed at any time. */
  lies: FtpLies;
  /** As they came, the password's line included. */
  readonly commands: string[];
  sessions(): number;
  cut(): void;
}

export async function startFtpDouble(lies: FtpLies = {}): Promise<FtpDouble> {
  const files = new Map<string, Buffer>();
  const folders = new Set<string>(['']);
  const open = new Set<Socket>();
  const commands: string[] = [];
  let sessions = 0;
  const double = { files, commands, lies, sessions: () => sessions };
  const server = createServer((socket) => {
    sessions += 1;
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => undefined);
    serve(socket, { double, files, folders, commands });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = () => {
    for (const socket of open) socket.resetAndDestroy();
  };
  return Object.assign(double, {
    port: portOf(server),
    cut,
    async [Symbol.asyncDispose]() {
      cut();
      server.close();
      await once(server, 'close');
    },
  });
}

interface Session {
  readonly double: { lies: FtpLies };
  readonly files: Map<string, Buffer>;
  readonly folders: Set<string>;
  readonly commands: string[];
}

function serve(socket: Socket, { double, files, folders, commands }: Session): void {
  let passive: { readonly server: Server; readonly connected: Promise<Socket> } | undefined;
  socket.once('close', () => passive?.server.close());
  let offset = 0;
  let from = '';
  const say = (line: string) => void (socket.writable && socket.write(`${line}\r\n`));
  const withData = async (run: (data: Socket) => Promise<string>) => {
    if (passive === undefined) return say('425 no data connection');
    say('150 here it comes');
    const { connected } = passive;
    passive = undefined;
    const data = await connected;
    data.on('error', () => undefined);
    const answer = await run(data);
    say(answer);
  };
  const send = (bytes: Buffer, answer = '226 done') =>
    withData(async (data) => {
      data.end(bytes);
      await once(data, 'close');
      return answer;
    });
  const missing = () => say('550 No such file or directory');
  const verbs: Record<string, (path: string) => unknown> = {
    USER: () => say('331 and the password'),
    PASS: () => say('230 welcome'),
    FEAT: () =>
      say(double.lies.isOld === true ? '211 none' : '211-Features:\r\n MLST type*;size*;modify*;\r\n211 End'),
    TYPE: () => say('200 done'),
    NOOP: () => say('200 done'),
    async EPSV() {
      const server = createServer().listen(0, '127.0.0.1');
      const connected = once(server, 'connection').then(([data]) => data as Socket);
      await once(server, 'listening');
      passive?.server.close();
      passive = { server, connected };
      server.once('connection', () => server.close());
      say(`229 Entering Extended Passive Mode (|||${portOf(server)}|)`);
    },
    SIZE: (path) => {
      const found = files.get(path);
      return found === undefined ? missing() : say(`213 ${found.length}`);
    },
    MDTM: (path) => (files.has(path) ? say('213 20260102030405') : missing()),
    MLST: (path) => {
      if (!folders.has(path)) return missing();
      say(`250-Begin\r\n type=dir; ${path}\r\n250 End`);
    },
    MKD: (path) => {
      if (folders.has(path)) return say('550 File exists');
      if (path.includes('/') && !folders.has(path.slice(0, path.lastIndexOf('/')))) return missing();
      folders.add(path);
      say(`257 "${path}" made`);
    },
    STOR: (path) => {
      if (!folders.has(path.slice(0, Math.max(0, path.lastIndexOf('/'))))) return missing();
      return withData(async (data) => {
        const pieces: Buffer[] = [];
        for await (const piece of data) pieces.push(piece as Buffer);
        const { convertsLineEnds, keepsBytes, cutsAfterStore, appears } = double.lies;
        if (appears !== undefined) files.set(appears.path, appears.bytes);
        let bytes = Buffer.concat(pieces);
        if (convertsLineEnds === true)
          bytes = Buffer.from(bytes.toString('latin1').replaceAll('\n', '\r\n'), 'latin1');
        if (keepsBytes !== undefined) bytes = bytes.subarray(0, keepsBytes);
        if (cutsAfterStore !== 'lost') files.set(path, bytes);
        if (cutsAfterStore !== undefined) socket.resetAndDestroy();
        return '226 done';
      });
    },
    REST: (given) => {
      offset = Number(given);
      say('350 go on');
    },
    RETR: (path) => {
      const found = files.get(path);
      if (found === undefined) return missing();
      const end = double.lies.sendsBytes === undefined ? found.length : offset + double.lies.sendsBytes;
      const bytes = found.subarray(offset, end);
      offset = 0;
      return send(bytes);
    },
    RNFR: (path) => {
      if (!files.has(path)) return missing();
      from = path;
      say('350 and the new one');
    },
    RNTO: (path) => {
      files.set(path, files.get(from) ?? Buffer.alloc(0));
      files.delete(from);
      say('250 done');
    },
    DELE: (path) => (files.delete(path) ? say('250 done') : missing()),
    MLSD: (path) => {
      if (!folders.has(path)) return missing();
      return send(
        ...listing(
          path,
          ([name, size]) =>
            `type=${size === undefined ? 'dir' : 'file'};size=${size ?? 0};modify=20260102030405; ${name}\r\n`,
        ),
      );
    },
    // Old servers answer for a missing folder as for an empty one.
    LIST: (given) =>
      send(
        ...listing(
          given.replace(/^-a ?/, ''),
          ([name, size]) =>
            `${size === undefined ? 'd' : '-'}rw-r--r-- 1 ftp ftp ${String(size ?? 0).padStart(12)} Jan  2 03:04 ${name}\r\n`,
        ),
      ),
    QUIT: () => socket.end('221 bye\r\n'),
  };
  function listing(
    folder: string,
    line: (entry: readonly [string, number | undefined]) => string,
  ): [Buffer, string] {
    const prefix = folder === '' ? '' : `${folder}/`;
    const entries = new Map<string, number | undefined>();
    for (const [path, { length }] of files) {
      if (path.startsWith(prefix) && !path.slice(prefix.length).includes('/'))
        entries.set(path.slice(prefix.length), length);
    }
    for (const path of folders) {
      const name = path.slice(prefix.length);
      if (path.startsWith(prefix) && name !== '' && !name.includes('/')) entries.set(name, undefined);
    }
    const max = double.lies.listsAtMost ?? entries.size;
    const text = [...entries].slice(0, max).map(line).join('');
    return [Buffer.from(text), max < entries.size ? `226 Output truncated to ${max} matches` : '226 done'];
  }
  say('220 ready');
  let line = '';
  socket.setEncoding('utf8');
  socket.on('data', async (text: string) => {
    line += text;
    for (let end = line.indexOf('\r\n'); end >= 0; end = line.indexOf('\r\n')) {
      const command = line.slice(0, end);
      line = line.slice(end + 2);
      commands.push(command);
      const [verb = '', ...rest] = command.split(' ');
      const told = double.lies.answers?.[verb];
      if (double.lies.hangsOn === verb) continue;
      if (told !== undefined) say(told);
      else await (verbs[verb] ?? (() => say('502 not here')))(rest.join(' '));
    }
  });
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return address.port;
}
