import type { Rule, Subject } from './rule.js'

/** What a module opens when it is loaded, no kernel closes. */
export const openedAtLoad: Rule = {
  id: 'opened-at-load',
  severity: 'note',
  summary: 'the module opens something when it is loaded, which no kernel closes',
  *find({ opened }: Subject) {
    if (opened.length === 0) return
    yield {
      message: `the module opened ${[...new Set(opened)].join(', ')} when it was loaded: that is there before the start, and after the shutdown`,
      cure: 'open it in the start of a resource, and close it in its stop',
    }
  },
}
