const READER = Symbol.for('keelson.reader')

interface Reader {
  knows?(resource: string, what: { readonly port: number; readonly protocol: 'http' | 'https' | 'h2c' }): void
}

/** Tells who loads an application to read its graph where one of its servers would listen. Wherever it simply runs, nothing. */
export function tellReader(
  resource: string,
  { port, tls, http2 = false }: { readonly port?: number; readonly tls?: object; readonly http2?: boolean },
): void {
  const reader = Reflect.get(globalThis, READER) as Reader | undefined
  if (port) reader?.knows?.(resource, { port, protocol: tls !== undefined ? 'https' : http2 ? 'h2c' : 'http' })
}
