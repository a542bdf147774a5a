// From the configuration of a channel that speaks HTTP to the endpoint that `post` needs.

import { type Resolve, systemResolve } from './addresses.ts';
import { readAuthorities } from './authorities.ts';
import type { Endpoint } from './post.ts';

export interface EndpointConfig {
  readonly url: string;
  readonly allowNetworks: readonly string[];
  readonly caFile?: string | undefined;
}

/** `kind` begins the location, which shows the origin of the URL and nothing else of it. */
export async function openEndpoint(
  kind: string,
  config: EndpointConfig,
  resolve: Resolve = systemResolve,
): Promise<Endpoint> {
  const url = new URL(config.url);
  return {
    url,
    location: `${kind}:${url.origin}`,
    rules: { scope: 'public', allowNetworks: config.allowNetworks },
    authorities: await readAuthorities(config.caFile),
    resolve,
  };
}

/** Another path of the same endpoint. */
export function below(endpoint: Endpoint, suffix: string): Endpoint {
  const url = new URL(endpoint.url);
  url.pathname = url.pathname.replace(/\/+$/, '') + suffix;
  return { ...endpoint, url };
}
