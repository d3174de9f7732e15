import { expect, test } from 'vitest'
import type { HealthcheckConfig, Inspection } from '../engine/docker-like.js'
import { judge } from './container-status.js'

const now = Date.parse('2026-01-01T00:10:00Z')
const started = (secondsAgo: number) => new Date(now - secondsAgo * 1000).toISOString()
const running = (state: Partial<Inspection['State']>, check?: HealthcheckConfig): Inspection => ({
  State: { Status: 'running', Running: true, ...state },
  Config: { Healthcheck: check ?? null },
})
const starting = (secondsAgo: number, check: HealthcheckConfig, FailingStreak = 0) =>
  judge(running({ StartedAt: started(secondsAgo), Health: { Status: 'starting', FailingStreak } }, check), now).status

test('not running is failed, with the exit code and whether it ran out of memory', () => {
  const state = { Status: 'exited', Running: false, ExitCode: 137, OOMKilled: true }
  expect(judge({ State: state }, now)).toEqual({ status: 'failed', reason: 'it is exited with code 137, out of memory' })
})

test('one that its own restart policy is bringing back is failed', () => {
  expect(judge(running({ Restarting: true, ExitCode: 1 }), now)).toMatchObject({ status: 'failed' })
})

test('running is healthy without a HEALTHCHECK, and with one that passes', () => {
  expect(judge(running({}), now)).toEqual({ status: 'healthy' })
  expect(judge(running({ Health: { Status: 'none' } }), now)).toEqual({ status: 'healthy' })
  expect(judge(running({ Health: { Status: 'healthy' } }), now)).toEqual({ status: 'healthy' })
})

test('paused and unhealthy are unhealthy, with what the HEALTHCHECK said last', () => {
  expect(judge(running({ Paused: true }), now)).toEqual({ status: 'unhealthy', reason: 'it is paused' })
  const health = {
    Status: 'unhealthy',
    Log: [
      { Output: 'old', ExitCode: 1 },
      { Output: 'no database\n', ExitCode: 1 },
    ],
  }
  expect(judge(running({ Health: health }), now)).toEqual({ status: 'unhealthy', reason: 'its HEALTHCHECK fails: no database' })
})

test('what a HEALTHCHECK said is one line of text', () => {
  const Output = 'a\r\nb\u001b]52;c;cm0=\u0007c\u009bd\n'
  const verdict = judge(running({ Health: { Status: 'unhealthy', Log: [{ Output, ExitCode: 1 }] } }), now)
  expect(verdict.reason).toBe('its HEALTHCHECK fails: a b\\x1b]52;c;cm0=\\x07c\\x9bd')
})

test('starting is unknown until the checks that count, those after the start period, must have decided', () => {
  const check = { StartPeriod: 90e9, Interval: 1e9, Timeout: 1e9, Retries: 2 }
  expect(starting(89, check, 3)).toBe('unknown')
  expect(starting(94, check, 1)).toBe('unknown')
  expect(starting(96, check, 1)).toBe('unhealthy')
})

test('a start period is never less patience than none', () => {
  const check = { Interval: 30e9, Timeout: 3e9, Retries: 3 }
  for (const StartPeriod of [0, 5e9, 60e9]) expect(starting(98, { ...check, StartPeriod })).toBe('unknown')
})

test('without a start period it is unknown as long as the engine waits for a first check that passes', () => {
  expect(starting(5, { Interval: 30e9 })).toBe('unknown')
  expect(starting(65, { Interval: 30e9 }, 2)).toBe('unknown')
  expect(starting(181, { Interval: 30e9 }, 2)).toBe('unhealthy')
  expect(starting(11, { Interval: 4e9, Timeout: 1e9, Retries: 2 })).toBe('unhealthy')
})

test('one that is being removed is not called failed', () => {
  const state = { Status: 'removing', Running: false, ExitCode: 0 }
  expect(judge({ State: state }, now)).toEqual({ status: 'unknown', reason: 'it is being removed' })
})

test('one whose removal did not succeed is failed', () => {
  expect(judge({ State: { Status: 'dead', Running: false, ExitCode: 1 } }, now)).toMatchObject({ status: 'failed' })
})
