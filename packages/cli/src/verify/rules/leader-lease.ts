import type { Rule, Subject } from './rule.js'

/** What packages know of the resources that they have made: `@keelson/cron` of the lease of a leader. */
export const leaderLease: Rule = {
  id: 'leader-lease',
  severity: 'error',
  summary: 'the lease of a leader is shorter than what depends on it may take to stop',
  *find({ kernel, claims, resources }: Subject) {
    for (const { resource, rule, verify } of claims) {
      if (rule !== leaderLease.id || !resources.has(resource)) continue
      try {
        verify(kernel)
      } catch (error) {
        const [message, ...cure] = (error as Error).message.replace(`resource "${resource}": `, '').split('; ')
        yield { resource, message: message!, cure: cure.join('; ') }
      }
    }
  },
}
