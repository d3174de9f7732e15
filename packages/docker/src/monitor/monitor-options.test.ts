import { createKernel, resource } from '@keelson/kernel'
import { describe, expect, test } from 'vitest'
import { dockerEngine } from '../engine/docker-engine.js'
import { containerMonitor } from './container-monitor.js'

const good = { engine: dockerEngine(), kernel: () => ({}), filters: {} }

describe('what cannot be meant is refused where it is written', () => {
  test.each([
    [undefined, 'its options', 'must be an object; pass { engine, kernel, filters }'],
    [[], 'its options', 'must be an object'],
    [{ ...good, engine: undefined }, 'engine', 'is missing; pass what dockerEngine() returned'],
    [{ ...good, kernel: {} }, 'kernel', 'is missing; pass () => kernel'],
    [{ ...good, filters: undefined }, 'filters', "is missing; pass for example { label: ['app=worker'] }"],
    [{ ...good, filters: { label: 'app=worker' } }, 'filters.label', 'must be a list of strings'],
    [{ ...good, filters: { label: [1] } }, 'filters.label', 'must be a list of strings'],
    [{ ...good, sessionOf: 'session' }, 'sessionOf', 'must be a function'],
    [{ ...good, onSessionChange: {} }, 'onSessionChange', 'must be a function'],
    [{ ...good, clock: 1 }, 'clock', 'must be a clock'],
    [{ ...good, restart: {} }, 'restart', 'is not an option; check its spelling'],
    [{ ...good, audit: { path: '' } }, 'audit.path', 'must be the path of a file'],
  ])('containerMonitor: %o', (options, option, text) => {
    const refused = expect(() => containerMonitor('workers', options as never))
    refused.toThrow(expect.objectContaining({ code: 'INVALID_OPTION', resource: 'workers', details: { option } }))
    refused.toThrow(`container monitor "workers": ${option} ${text}`)
  })

  test.each([null, '/var/run/docker.sock'])('dockerEngine: %o', (options) => {
    expect(() => dockerEngine(options as never)).toThrow('resource "docker": its options must be an object; pass { socketPath }')
  })

  test.each([{}, 'docker', undefined])('an engine that starts with %o', async (value) => {
    const engine = resource('mine', { start: () => value })
    const workers = containerMonitor('workers', { ...good, engine, impact: 'unready' } as never)
    await expect(createKernel([workers]).start()).rejects.toThrow(
      'container monitor "workers": engine has no link to an engine; pass what dockerEngine() returned',
    )
  })
})
