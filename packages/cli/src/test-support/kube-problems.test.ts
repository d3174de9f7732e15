import { describe, expect, it } from 'vitest'
import { kubeManifests } from '../manifests/kube.js'
import { yamlText } from '../manifests/yaml-text.js'
import { kubeProblems } from './kube-problems.js'
import { KUBE, shopFacts } from './services.js'

describe('the check of manifests', () => {
  const [, deployment] = kubeManifests(shopFacts(), KUBE, { full: true, job: false })
  const good = yamlText(deployment)

  it.each([
    [
      'a field that is misspelled',
      'terminationGracePeriodSeconds:',
      'terminationGracePeriodSecond:',
      'spec.template.spec.terminationGracePeriodSecond is unknown',
    ],
    ['one of a probe', 'failureThreshold: 2', 'failureTreshold: 2', 'readinessProbe.failureTreshold is unknown'],
    ['a field in the wrong place', 'minReadySeconds: 10', 'periodSeconds: 10', 'spec.periodSeconds is unknown'],
    ['text for a number', 'periodSeconds: 10', 'periodSeconds: "10"', 'periodSeconds must be integer'],
    ['what is missing', 'port: probes', 'scheme: HTTP', "must have required property 'port'"],
  ])('finds %s', (_what, field, wrong, problem) => {
    expect(kubeProblems(good)).toEqual([])
    expect(good).toContain(field)
    expect(kubeProblems(good.replace(field, wrong)).join('\n').replaceAll('property port', "property 'port'")).toContain(problem)
  })
})
