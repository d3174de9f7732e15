import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DgramSocket } from 'node-unix-socket'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { runFixture } from './child.js'

/** Stands where systemd does. */
function systemd() {
  const folder = mkdtempSync(join(tmpdir(), 'keelson-'))
  const socket = new DgramSocket()
  socket.bind(join(folder, 'notify'))
  onTestFinished(() => {
    socket.close()
    rmSync(folder, { recursive: true })
  })
  const lines: string[] = []
  socket.on('data', (data: Buffer) => lines.push(...String(data).split('\n')))
  return {
    env: { NOTIFY_SOCKET: join(folder, 'notify') },
    lines,
    hears: (line: string | RegExp) =>
      vi.waitFor(() => expect(lines).toContainEqual(typeof line === 'string' ? line : expect.stringMatching(line)), 20_000),
  }
}

const order = (lines: string[], ...wanted: string[]) => wanted.map((line) => lines.indexOf(line))

describe('X5 a service of systemd', () => {
  it('says when it starts, is ready, stops and has stopped', async () => {
    const { env, lines, hears } = systemd()
    const shop = runFixture('platform', { ...env, START: 200, STOP: 200 })
    await hears('READY=1')
    shop.kill('SIGTERM')
    const { code, output } = await shop.ended
    await hears('STATUS=stopped, exit code 0')
    expect(code).toBe(0)
    expect(output).not.toContain('still alive')
    expect(output).not.toContain('systemd')
    const places = order(
      lines,
      'EXTEND_TIMEOUT_USEC=35000000',
      'STATUS=starting: 0 of 1 resource running',
      'READY=1',
      'STOPPING=1',
      'STATUS=stopped, exit code 0',
    )
    expect(places).not.toContain(-1)
    expect([...places].sort((a, b) => a - b)).toEqual(places)
  })

  it('feeds the watchdog that is meant for it, and no other', async () => {
    const { env, lines, hears } = systemd()
    const shop = runFixture('platform', { ...env, WATCHDOG_USEC: 200_000 })
    await hears('READY=1')
    await vi.waitFor(() => expect(lines.filter((line) => line === 'WATCHDOG=1').length).toBeGreaterThan(5), 20_000)
    shop.kill('SIGTERM')
    await shop.ended

    const other = systemd()
    const stranger = runFixture('platform', { ...other.env, WATCHDOG_USEC: 2_000, WATCHDOG_PID: 1 })
    await other.hears('READY=1')
    stranger.kill('SIGTERM')
    await stranger.ended
    expect(other.lines).not.toContain('WATCHDOG=1')
  })

  it('lets the watchdog starve when its kernel has failed and the platform is to decide', async () => {
    const { env, lines, hears } = systemd()
    const shop = runFixture('platform', { ...env, WATCHDOG_USEC: 20_000, CRASH: 100, WAIT: 1 })
    await hears('STATUS=failed: shop: the disk is gone')
    const fed = lines.filter((line) => line === 'WATCHDOG=1').length
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(lines.filter((line) => line === 'WATCHDOG=1')).toHaveLength(fed)
    shop.kill('SIGTERM')
    expect((await shop.ended).code).toBe(1)
  })

  it('is told of in one line, and runs all the same, where nobody listens', async () => {
    const shop = runFixture('platform', { NOTIFY_SOCKET: '/nowhere/notify', WATCHDOG_USEC: 20_000 })
    await shop.said(/shop is ready/)
    await shop.said(/systemd cannot be told/)
    await new Promise((resolve) => setTimeout(resolve, 100))
    shop.kill('SIGTERM')
    const { code, output } = await shop.ended
    expect(output.split('systemd cannot be told about shop: No such file or directory')).toHaveLength(2)
    expect(code).toBe(0)
  })

  it('is told of in one line where neither the module fits the address nor the program is there', async () => {
    const shop = runFixture('platform', { NOTIFY_SOCKET: '@abstract', WATCHDOG_USEC: 20_000, CHILDLESS: 1 })
    await shop.said(/systemd cannot be told/)
    await shop.said(/shop is ready/)
    await new Promise((resolve) => setTimeout(resolve, 100))
    shop.kill('SIGTERM')
    const { code, output } = await shop.ended
    expect(output.split('systemd cannot be told about shop: spawn systemd-notify ENOENT; install node-unix-socket')).toHaveLength(
      2,
    )
    expect(code).toBe(0)
  })
})
