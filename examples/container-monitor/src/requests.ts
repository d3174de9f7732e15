import type { IncomingMessage } from 'node:http'

const LOOPBACK = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/

/** Whether a request names this machine by a name of it, or one that it was told: a page of somebody else may have its own name lead here. */
export function isForUs({ headers: { host = '' } }: IncomingMessage, names: readonly string[]): boolean {
  return LOOPBACK.test(host) || names.includes(host.replace(/:\d+$/, ''))
}

/** Whether it was sent by the page itself. */
export function isFromPage({ headers }: IncomingMessage): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined) return site === 'same-origin'
  return headers.origin !== undefined && URL.canParse(headers.origin) && new URL(headers.origin).host === headers.host
}

/** A field of a form, of at most 1 KiB; undefined when it is not there. */
export async function formField(req: IncomingMessage, name: string): Promise<string | undefined> {
  let text = ''
  for await (const chunk of req) {
    text += chunk
    if (text.length > 1_024) return undefined
  }
  return new URLSearchParams(text).get(name) ?? undefined
}
