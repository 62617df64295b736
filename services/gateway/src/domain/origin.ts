/** What a browser tells of where a request comes from. */
export interface RequestOrigin {
  host: string | undefined;
  origin: string | undefined;
  fetchSite: string | undefined;
}

export interface OriginPolicy {
  /** Whether the server listens on loopback only: then its names are known and a foreign name means DNS rebinding. */
  loopback: boolean;
  /** Further host names (without port) under which the server may be addressed. */
  allowedHosts: readonly string[];
  /** Further origins (`https://console.example`) whose pages may call the server. */
  allowedOrigins: readonly string[];
}

/** Why a request is refused for where it comes from, or undefined if it is welcome. */
export function whyRefusedOrigin(request: RequestOrigin, policy: OriginPolicy): string | undefined {
  const hostname = hostnameOf(request.host);
  if (hostname === undefined) return 'the Host header is missing or unreadable';
  if (mustKnowHost(policy) && !isKnownHost(hostname, policy)) {
    return `the Host header names ${hostname}, which is not a name of this server; NOVA_ALLOWED_HOSTS adds names`;
  }
  if (request.origin !== undefined) {
    if (policy.allowedOrigins.includes(request.origin)) return undefined;
    if (hostOfOrigin(request.origin) === request.host?.toLowerCase()) return undefined;
    return `pages of ${request.origin} may not call this server; NOVA_ALLOWED_ORIGINS adds origins`;
  }
  if (request.fetchSite === 'cross-site') return 'another site may not call this server';
  return undefined;
}

const mustKnowHost = (policy: OriginPolicy): boolean => policy.loopback || policy.allowedHosts.length > 0;

function isKnownHost(hostname: string, policy: OriginPolicy): boolean {
  return isLoopbackName(hostname) || policy.allowedHosts.includes(hostname);
}

/** Whether a host name or address (brackets stripped) means this machine only. */
export function isLoopbackName(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '::1' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

function hostnameOf(host: string | undefined): string | undefined {
  if (host === undefined || host === '') return undefined;
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]/@\s]+))(?::\d{1,5})?$/i.exec(host);
  return (match?.[1] ?? match?.[2])?.toLowerCase();
}

function hostOfOrigin(origin: string): string | undefined {
  return URL.parse(origin)?.host.toLowerCase();
}
