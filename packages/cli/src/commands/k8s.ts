import { EXIT } from '../exit-codes.js'
import { command } from '../line/command.js'
import { JSON_OPTION, MODULE_OPTIONS } from '../line/common.js'
import { assertKubeOptions } from '../manifests/checked-kube.js'
import { MANIFEST_OPTIONS } from '../manifests/manifest-options.js'
import { json } from '../output/json.js'

export const k8s = command({
  name: 'k8s',
  summary: "a Deployment or Job of Kubernetes, with the graph's own figures",
  operands: [{ name: 'module', kind: 'module' }],
  options: {
    full: { kind: 'flag', summary: 'all that it takes: a Service and a PodDisruptionBudget, too' },
    ...MANIFEST_OPTIONS,
    schedule: { kind: 'text', value: 'CRON', summary: 'a CronJob that runs then' },
    image: { kind: 'text', value: 'IMAGE', summary: 'of the container; without it NAME:latest' },
    namespace: { kind: 'text', value: 'NAMESPACE', summary: 'where it belongs' },
    replicas: { kind: 'count', value: 'N', summary: 'how many there are', default: '2' },
    cpu: { kind: 'text', value: 'CPU', summary: 'what a replica asks for', default: '100m' },
    memory: { kind: 'text', value: 'MEMORY', summary: 'what a replica asks for, and may have', default: '256Mi' },
    ...JSON_OPTION,
    ...MODULE_OPTIONS,
  },
  notes: [
    'Without --full it is a patch for the Deployment that you have: what follows from the graph, and nothing else. Comments say why each figure is what it is.',
    'A variable without a value comes from the Secret that is named as the service.',
  ],
  examples: [
    'keelson k8s src/main.ts --port 3000 > deploy/patch.yaml',
    'keelson k8s src/main.ts --full --image shop:1.4 --port 3000 --env DATABASE_URL | kubectl apply -f -',
    "keelson k8s src/totals.ts --schedule '0 3 * * *'",
  ],
  async run(io, { operands: [module], options }) {
    assertKubeOptions(options)
    const [{ load }, { readService }, { kubeManifests }, { plainOf }, { yamlText }] = await Promise.all([
      import('../load/load.js'),
      import('../manifests/read-service.js'),
      import('../manifests/kube.js'),
      import('../manifests/because.js'),
      import('../manifests/yaml-text.js'),
    ])
    const { facts, own, jobWhy } = readService(await load(io, module!, options), options, 'kubernetes')
    const { full, schedule, image = `${own.name}:latest`, namespace, replicas, cpu, memory } = options
    const manifests = kubeManifests(facts, { ...own, image, namespace, replicas, cpu, memory }, { full, job: own.job, schedule })
    io.out(
      options.json
        ? json(manifests.map(plainOf))
        : manifests.map((manifest) => yamlText(manifest, jobWhy).trimEnd()).join('\n---\n'),
    )
    return EXIT.ok
  },
})
