import type { Health, KernelState, ResourceState, Tone } from '@keelson/kernel'
import { describe, expect, test } from 'vitest'
import { hello, resourceView } from '../test-support/views.js'
import { healthWord, kernelMood, moodOf, TONES, worstTone } from './mood.js'

describe('a resource', () => {
  test.each<[ResourceState, Health, Tone, string]>([
    ['idle', 'unknown', 'idle', 'idle'],
    ['starting', 'unknown', 'busy', 'starting'],
    ['running', 'unknown', 'ok', 'running'],
    ['running', 'healthy', 'ok', 'running'],
    ['running', 'unhealthy', 'bad', 'unhealthy'],
    ['restarting', 'unhealthy', 'warn', 'restarting'],
    ['draining', 'healthy', 'busy', 'draining'],
    ['stopping', 'unknown', 'busy', 'stopping'],
    ['stopped', 'unknown', 'idle', 'stopped'],
    ['failed', 'unknown', 'bad', 'failed'],
  ])('that is %s and %s is %s: %s', (state, health, tone, word) => {
    expect(moodOf(resourceView('db', { state, health }))).toEqual({ tone, word })
  })

  test('that stands by has nothing wrong, and one that the others can do without is worth a look', () => {
    expect(moodOf(resourceView('leader', { state: 'starting', standby: 'not the leader' }))).toEqual({
      tone: 'idle',
      word: 'standing by',
    })
    expect(moodOf(resourceView('leader', { state: 'running', standby: 'not the leader' })).word).toBe('running')
    expect(moodOf(resourceView('cache', { health: 'unhealthy', impact: 'degraded' })).tone).toBe('warn')
  })

  test('whose checks begin to fail says so before it is unhealthy', () => {
    const failing = resourceView('db', { health: 'healthy', consecutiveFailures: 2, failureThreshold: 3 })
    expect([moodOf(failing).tone, healthWord(failing)]).toEqual(['warn', '2 of 3 checks failed'])
    expect(healthWord(resourceView('db', { failureThreshold: 3 }))).toBe('not checked yet')
    expect(healthWord(resourceView('db'))).toBeUndefined()
    expect(healthWord(resourceView('db', { state: 'stopped', health: 'healthy' }))).toBeUndefined()
  })
})

test('a kernel is as its probe says, but for one that is cordoned', () => {
  const { kernel } = hello()
  expect(kernelMood(kernel)).toEqual({ tone: 'ok', word: 'ready' })
  expect(kernelMood({ ...kernel, cordoned: 'maintenance' })).toEqual({ tone: 'warn', word: 'cordoned' })
  const state: KernelState = 'draining'
  expect(kernelMood({ ...kernel, state, cordoned: 'maintenance', probe: { ...kernel.probe, status: 'draining' } }).word).toBe(
    'draining',
  )
})

test('the worst tone of several', () => {
  expect(worstTone([])).toBe('idle')
  expect(worstTone(['idle', 'ok'])).toBe('ok')
  expect(worstTone([...TONES].reverse())).toBe('bad')
})
