// nginx with its WebDAV modules, in one folder, on one port of loopback.

import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IssuedCertificate } from './authority.ts';
import { accepts, freePort, type ServerProcess, startServer } from './process.ts';

export interface DavPlan {
  readonly folder: string;
  /** Kept over a restart. */
  readonly port?: number;
  readonly certificate?: IssuedCertificate;
  /** Lines for the place of the files. */
  readonly more?: readonly string[];
}

export interface DavServer extends AsyncDisposable {
  readonly port: number;
  /** What is served as "/dav/". */
  readonly files: string;
  readonly process: ServerProcess;
}

export const nginxPrograms = ['nginx'];
export const nginxPackages = 'nginx-light libnginx-mod-http-dav-ext';

export async function startNginx(plan: DavPlan): Promise<DavServer> {
  const { folder, certificate } = plan;
  const port = plan.port ?? (await freePort());
  const files = join(folder, 'dav');
  for (const path of [files, join(folder, 'body')]) {
    mkdirSync(path, { recursive: true });
    chmodSync(path, 0o777);
  }
  chmodSync(folder, 0o755);
  const configuration = join(folder, 'nginx.conf');
  writeFileSync(
    configuration,
    `load_module /usr/lib/nginx/modules/ngx_http_dav_ext_module.so;
daemon off;
worker_processes 2;
pid ${folder}/pid;
error_log stderr;
events { worker_connections 128; }
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  client_max_body_size 0;
  server {
    listen 127.0.0.1:${port}${certificate === undefined ? '' : ' ssl'};
    ${certificate === undefined ? '' : `ssl_certificate ${certificate.certificatePath}; ssl_certificate_key ${certificate.keyPath};`}
    location /dav/ {
      root ${folder};
      dav_methods PUT DELETE MKCOL COPY MOVE;
      dav_ext_methods PROPFIND OPTIONS;
      ${(plan.more ?? []).join('\n      ')}
    }
  }
}
`,
  );
  const process = await startServer({
    program: 'nginx',
    arguments: ['-c', configuration, '-e', 'stderr'],
    folder,
    isReady: () => accepts(port),
    stopSignal: 'SIGQUIT',
  });
  return { port, files, process, [Symbol.asyncDispose]: () => process[Symbol.asyncDispose]() };
}
