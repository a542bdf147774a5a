// Servers that say back in their refusals whatever they were given, secrets too: HTTP, and SMTP without encryption. Started by tests alone;
// prints both ports, tells at /heard which secrets came, ends with its standard input.

import { createServer as createHttp } from 'node:http';
import { type AddressInfo, createServer, type Socket } from 'node:net';

/** Kinds of secrets that came here. */
const heard = new Set<string>();
const hear = (text: string) => {
  const kind = /Canary([A-Z][a-z]+)Zq/.exec(text)?.[1];
  if (kind !== undefined) heard.add(kind);
};

const http = createHttp((request, response) => {
  const { method, url, rawHeaders } = request;
  request.resume();
  if (url === '/heard') return response.end([...heard].sort().join(' '));
  const [scheme, value = ''] = (request.headers.authorization ?? '').split(' ');
  const told = scheme === 'Basic' ? Buffer.from(value, 'base64').toString('utf8') : value;
  hear(`${rawHeaders.join(' ')} ${told}`);
  const asks = request.headers.authorization === undefined;
  if (asks && url?.startsWith('/dav')) response.setHeader('www-authenticate', 'Basic realm="x"');
  response.writeHead(asks ? 401 : 403, `no ${told}`, { 'x-told': told });
  response.end(`${method} ${url} ${rawHeaders.join(' ')} ${told}`);
});

function talk(socket: Socket): void {
  socket.on('error', () => undefined);
  socket.write('220 mx\r\n');
  let state = '';
  socket.setEncoding('utf8').on('data', (text: string) => {
    for (const line of text.split('\r\n').filter((one) => one !== '')) {
      const plain = Buffer.from(line.split(' ').at(-1) ?? '', 'base64')
        .toString('latin1')
        .replaceAll('\0', ' ');
      hear(plain);
      if (/^EHLO/i.test(line)) socket.write('250-mx\r\n250 AUTH PLAIN LOGIN\r\n');
      else if (/^AUTH PLAIN \S/i.test(line) || state === 'password') socket.write(`535 no ${plain}\r\n`);
      else if (/^AUTH LOGIN/i.test(line)) {
        state = 'user';
        socket.write('334 VXNlcm5hbWU6\r\n');
      } else if (state === 'user') {
        state = 'password';
        socket.write('334 UGFzc3dvcmQ6\r\n');
      } else if (/^QUIT/i.test(line)) socket.end('221 bye\r\n');
      else socket.write(`550 no ${line}\r\n`);
    }
  });
}

const smtp = createServer(talk);
const port = (server: { address(): unknown }) => (server.address() as AddressInfo).port;
http.listen(0, '127.0.0.1', () => {
  smtp.listen(0, '127.0.0.1', () => console.log(`${port(http)} ${port(smtp)}`));
});
process.stdin.resume().on('end', () => process.exit(0));
