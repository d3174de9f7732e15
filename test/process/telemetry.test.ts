import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runFixture } from './child.js'

/** Takes connections and says nothing. */
let mute: Server

beforeAll(async () => {
  mute = createServer((socket) => void socket.on('error', () => {})).listen(0, '127.0.0.1')
  await once(mute, 'listening')
})

afterAll(() => void mute.close())

test.each(['mute', 'refusing'])('O4 a %s collector keeps no process alive, and changes no exit code', async (kind) => {
  const port = kind === 'mute' ? (mute.address() as AddressInfo).port : 1
  const { code, output } = await runFixture('exported', {
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_NODE_RESOURCE_DETECTORS: 'none',
    // Nothing is sent before the end.
    OTEL_BSP_SCHEDULE_DELAY: 60_000,
  }).ended
  expect(output).toContain('and are lost: look at the collector')
  expect(output).not.toContain('still-alive')
  expect(code).toBe(0)
})
