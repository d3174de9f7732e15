// The h2 client of Node, with what it sees of a drain: GOAWAY, and the end of the session.
import { once } from 'node:events'
import { connect } from 'node:http2'

export async function http2Client({ url }, { host = '127.0.0.1', settings } = {}) {
  const session = connect(url.replace('127.0.0.1', host), { rejectUnauthorized: false, settings })
  const errors = []
  session.on('error', (error) => errors.push(error.code ?? error.message))
  const goaway = new Promise((resolve) => {
    session.once('goaway', (code, last) => resolve({ code, last }))
  })
  const closed = once(session, 'close')
  await once(session, 'remoteSettings')
  return {
    session,
    errors,
    goaway,
    /** Resolves once the session is over; rejects unless it ended in order. */
    async over() {
      await closed
      if (errors.length > 0) throw new Error(`the session ended by ${errors}`)
    },
    ask: (path = '/', headers = {}) => read(session.request({ ':path': path, ...headers })),
    open: (headers = {}) => session.request({ ':path': '/', ...headers }),
  }
}

/** Status and body of a stream; rejects when it is reset. */
export async function read(stream) {
  const response = once(stream, 'response')
  response.catch(() => {})
  let body = ''
  stream.setEncoding('latin1')
  for await (const chunk of stream) body += chunk
  if (stream.rstCode !== 0) throw new Error(`the stream was reset with ${stream.rstCode}`)
  const [headers] = await response
  return { status: headers[':status'], body }
}

/** What `read` gives of an answer in order. */
export function ok(body) {
  return { status: 200, body }
}
