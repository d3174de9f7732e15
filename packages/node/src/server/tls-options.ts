import { readFile } from 'node:fs/promises'
import type { ServerOptions } from 'node:https'

/** What `node:https` takes, or the files to read it from when the server starts. */
export interface TlsOptions extends ServerOptions {
  /** Path of the private key, PEM. */
  keyFile?: string
  /** Path of the certificate with its chain, PEM. */
  certFile?: string
  /** Path of the authorities that sign client certificates, PEM. */
  caFile?: string
}

/** Reads the files. Rejects with one line that names the file which cannot be read, or what is missing. */
export async function readTls({ keyFile, certFile, caFile, ...options }: TlsOptions): Promise<ServerOptions> {
  // In turn, so that of several that cannot be read it is always the same that is named.
  const key = await read('keyFile', keyFile)
  const cert = await read('certFile', certFile)
  const ca = await read('caFile', caFile)
  const tls = { ...options, ...(key && { key }), ...(cert && { cert }), ...(ca && { ca }) }
  if (tls.pfx === undefined && tls.SNICallback === undefined) {
    if (tls.key === undefined) throw new Error('tls has no private key; give it key or keyFile')
    if (tls.cert === undefined) throw new Error('tls has no certificate; give it cert or certFile')
  }
  return tls
}

async function read(option: string, path: string | undefined): Promise<Buffer | undefined> {
  if (path === undefined) return undefined
  try {
    return await readFile(path)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new Error(`tls.${option} "${path}" cannot be read (${code}); correct the path or the rights of the file`, { cause })
  }
}
