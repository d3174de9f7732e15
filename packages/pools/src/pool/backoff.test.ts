import { describe, expect, it } from 'vitest'
import { Failures } from './backoff.js'

const error = new Error('it exited')

describe('Failures', () => {
  it('lets a server be tried again at once after the first failure, and after growing delays from the second', () => {
    const failures = new Failures({ delay: 100, factor: 2, maxDelay: 350 })
    const waits = [0, 1, 2, 3, 4].map((n) => {
      failures.failed(error, n * 1_000, n * 1_000 + 10)
      return failures.wait(n * 1_000 + 10)
    })
    expect(waits).toEqual([0, 100, 200, 350, 350])
    expect(failures.wait(4_000 + 60)).toBe(300)
    expect(failures.wait(9_000)).toBe(0)
  })

  it('begins anew once something has worked', () => {
    const failures = new Failures({})
    for (let n = 0; n < 3; n++) failures.failed(error, n, n + 0.5)
    failures.succeeded()
    expect([failures.count, failures.error, failures.wait(3)]).toEqual([0, undefined, 0])
    failures.failed(error, 5, 6)
    expect(failures.wait(6)).toBe(0)
  })

  it('takes what was begun before the last failure for the same incident', () => {
    const failures = new Failures({})
    for (let n = 0; n < 8; n++) failures.failed(error, 0, 1_000 + n)
    expect([failures.count, failures.wait(1_010)]).toEqual([1, 0])
  })

  it('takes a connection that lived longer than the longest delay for no crash loop', () => {
    const failures = new Failures({ delay: 100, maxDelay: 1_000 })
    failures.failed(error, 0, 10)
    failures.failed(error, 20, 30)
    expect(failures.count).toBe(2)
    failures.failed(error, 40, 2_000)
    expect([failures.count, failures.wait(2_000)]).toEqual([1, 0])
  })
})
