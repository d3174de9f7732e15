// What servers of the matrix do with a request; one that is given nothing else answers "ok" at once.

/** Leaves the answer to the case. */
export function held() {}

export function upload(req, res) {
  let size = 0
  req.on('data', (chunk) => {
    size += chunk.length
  })
  req.on('end', () => res.end(`got ${size}`))
}

/** Answers within 10 ms. */
export function brief(_req, res) {
  setTimeout(() => res.end('ok'), Math.random() * 10)
}

/** 30 MiB: more than the buffers of a connection take. */
export const BULK = 30 * 1024 * 1024

export function bulk(_req, res) {
  res.end(Buffer.alloc(BULK, 'b'))
}
