import { isDeepStrictEqual } from 'node:util'
import { loadYaml } from '@kubernetes/client-node'
import { Deployment } from 'kubernetes-models/apps/v1'
import { CronJob, Job } from 'kubernetes-models/batch/v1'
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1'
import { Service } from 'kubernetes-models/v1'
import { parse } from 'yaml'

const MODELS = { Deployment, Job, CronJob, PodDisruptionBudget, Service } as const

/** What is wrong with a whole manifest: fields that are missing, of another type, or unknown to Kubernetes. */
export function kubeProblems(yaml: string): string[] {
  const manifest = parse(yaml)
  return [...modelProblems(manifest), ...unknownFields(yaml, manifest)]
}

/** Of a patch, which is no whole manifest, only fields that are unknown. */
export function patchProblems(yaml: string): string[] {
  return unknownFields(yaml, parse(yaml))
}

function modelProblems(manifest: { readonly kind: keyof typeof MODELS }): string[] {
  try {
    new MODELS[manifest.kind](manifest as never).validate()
    return []
  } catch (error) {
    return [(error as Error).message]
  }
}

/** The client makes objects of the fields that the API has, and of no others. */
function unknownFields(yaml: string, manifest: unknown): string[] {
  return lostIn(manifest, JSON.parse(JSON.stringify(loadYaml(yaml))), '')
}

function lostIn(given: unknown, kept: unknown, path: string): string[] {
  if (typeof given !== 'object' || given === null)
    return isDeepStrictEqual(given, kept) ? [] : [`${path} is ${kept}, not ${given}`]
  if (typeof kept !== 'object' || kept === null) return [`${path} is unknown`]
  return Object.entries(given).flatMap(([key, value]) => {
    const at = path === '' ? key : `${path}.${key}`
    return Object.hasOwn(kept, key) ? lostIn(value, Reflect.get(kept, key), at) : [`${at} is unknown`]
  })
}
