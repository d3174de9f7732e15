import { Unreachable } from './access-token.js'

/** How long an authorization server may take, in ms, and how much it may say, in bytes. */
const PATIENCE = 5_000
const LARGEST = 512 * 1024

/** What an authorization server answers, which follows no redirect, and has an end. */
export async function boundedFetch(url: string, init: RequestInit = {}): Promise<Response> {
  const signal = AbortSignal.any([AbortSignal.timeout(PATIENCE), ...(init.signal ? [init.signal] : [])])
  const response = await fetch(url, { ...init, redirect: 'manual', signal })
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > LARGEST) throw new Error(`it says more than ${LARGEST} bytes`)
    chunks.push(chunk)
  }
  const isEmpty = response.status === 204 || response.status === 304
  return new Response(isEmpty ? null : Buffer.concat(chunks), {
    status: response.type === 'opaqueredirect' ? 502 : response.status,
    headers: response.headers,
  })
}

/**
 * An object of JSON.
 *
 * @throws Unreachable that names the URL and says why there is none.
 */
export async function boundedJson(url: string, init?: RequestInit): Promise<Record<string, unknown>> {
  try {
    const response = await boundedFetch(url, init)
    if (response.status !== 200) throw new Error(`it answers ${response.status}`)
    const made: unknown = await response.json()
    if (typeof made === 'object' && made !== null && !Array.isArray(made)) return made as Record<string, unknown>
    throw new Error('it answers something else than an object')
  } catch (error) {
    const { message, cause } = error as Error
    const why = cause instanceof Error ? `${message}: ${cause.message}` : message
    throw new Unreachable(`${url}: ${why}`, { cause: error })
  }
}
