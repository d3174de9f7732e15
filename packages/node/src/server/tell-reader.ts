import { graphReader } from '../graph-reader.js'

/** Tells who loads an application to read its graph where one of its servers would listen. Wherever it simply runs, nothing. */
export function tellReader(
  resource: string,
  { port, tls, http2 = false }: { readonly port?: number; readonly tls?: object; readonly http2?: boolean },
): void {
  if (port) graphReader()?.knows?.(resource, { port, protocol: tls !== undefined ? 'https' : http2 ? 'h2c' : 'http' })
}
