// What the apps of the drill depend on: answers each line `id ms` with `id`, after so many ms.
import { once } from 'node:events'
import { createServer } from 'node:net'

export async function database() {
  const server = createServer((socket) => {
    socket.setEncoding('latin1').on('error', () => {})
    let text = ''
    socket.on('data', (chunk) => {
      const lines = (text + chunk).split('\n')
      text = lines.pop()
      for (const [id, ms] of lines.map((line) => line.split(' '))) setTimeout(() => socket.write(`${id}\n`), Number(ms))
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { address: `127.0.0.1:${server.address().port}`, close: () => server.close() }
}
