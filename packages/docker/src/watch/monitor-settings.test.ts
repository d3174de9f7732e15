import { expect, test } from 'vitest'
import { dockerEngine } from '../engine/docker-engine.js'
import { containerMonitor } from '../monitor/container-monitor.js'
import { monitorSettings } from './monitor-settings.js'

const settings = (given = {}, environment = {}) => monitorSettings('workers', given, environment)

test('the defaults', () => {
  expect(settings()).toEqual({
    interval: 30_000,
    timeout: 10_000,
    failureThreshold: 3,
    restartAttempts: 3,
    restartDelay: 5_000,
    restartWindow: 750_000,
    keepHistory: 3_600_000,
  })
})

test('the environment is in seconds and counts, and options win over it', () => {
  const environment = {
    CONTAINER_HEALTH_CHECK_INTERVAL: '15',
    CONTAINER_HEALTH_TIMEOUT: '2.5',
    CONTAINER_MAX_RESTART_ATTEMPTS: '0',
    CONTAINER_RESTART_DELAY: '0',
    CONTAINER_FAILURE_THRESHOLD: '1',
  }
  const read = { interval: 15_000, timeout: 2_500, restartAttempts: 0, restartDelay: 0, failureThreshold: 1 }
  expect(settings({}, environment)).toMatchObject(read)
  expect(settings({ interval: 7, restartAttempts: 4 }, environment)).toMatchObject({ ...read, interval: 7, restartAttempts: 4 })
  expect(settings({}, { CONTAINER_FAILURE_THRESHOLD: '' })).toMatchObject({ failureThreshold: 3 })
})

test.each([
  ['CONTAINER_HEALTH_CHECK_INTERVAL', '0'],
  ['CONTAINER_HEALTH_CHECK_INTERVAL', '30s'],
  ['CONTAINER_HEALTH_TIMEOUT', '-1'],
  ['CONTAINER_MAX_RESTART_ATTEMPTS', '1.5'],
  ['CONTAINER_RESTART_DELAY', 'Infinity'],
  ['CONTAINER_FAILURE_THRESHOLD', '0'],
])('a bad %s is an error that names it: %s', (variable, value) => {
  expect(() => settings({}, { [variable]: value })).toThrow(
    expect.objectContaining({ code: 'INVALID_OPTION', message: expect.stringContaining(variable) }),
  )
})

test.each([
  [{ interval: 0 }, 'interval'],
  [{ timeout: Number.NaN }, 'timeout'],
  [{ restartAttempts: -1 }, 'restartAttempts'],
  [{ failureThreshold: '3' }, 'failureThreshold'],
  [{ intervall: 3 }, 'intervall'],
  [{ filters: undefined }, 'filters'],
  [{ kernel: undefined }, 'kernel'],
])('a bad option is an error that names it: %o', (given, option) => {
  const options = { engine: dockerEngine(), kernel: () => ({}), filters: {}, ...given } as never
  expect(() => containerMonitor('workers', options)).toThrow(
    expect.objectContaining({ code: 'INVALID_OPTION', resource: 'workers', details: { option } }),
  )
})

test('an engine is not restarted, and says so', () => {
  expect(() => dockerEngine({ restart: { attempts: 1, within: 1 } } as never)).toThrow(
    'resource "docker": restart cannot be given',
  )
})
