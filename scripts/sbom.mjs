// What a published package brings along, as a CycloneDX document.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { BUNDLED } from './bundled.mjs'

/**
 * The tree that `npm install` of a packed package makes, without peers: npm's lockfile of it and its bill of materials, to which
 * what is compiled into the package is added. `packed` has the tarballs of all public packages by their names.
 *
 * @throws Error with what npm said.
 */
export function treeOf({ folder, manifest }, packed, work) {
  const project = mkdtempSync(join(work, `${basename(folder)}-`))
  const wanted = [manifest.name, ...workspaceDependencies(manifest, packed)]
  const local = Object.fromEntries(wanted.map((name) => [name, `file:${packed.get(name).tarball}`]))
  const own = { name: `${basename(folder)}-bill`, version: manifest.version, private: true, dependencies: local }
  writeFileSync(join(project, 'package.json'), JSON.stringify(own))
  npm(project, ['install', '--package-lock-only', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'])
  const lock = JSON.parse(readFileSync(join(project, 'package-lock.json'), 'utf8'))
  const bill = JSON.parse(
    npm(project, ['sbom', '--package-lock-only', '--omit', 'peer', '--sbom-format', 'cyclonedx', '--sbom-type', 'library']),
  )
  return { lock, bill: withBundled(bill, manifest, packed) }
}

/** The document is about the package, not about the project that was made to install it, and has what is compiled into each package. */
function withBundled(bill, manifest, packed) {
  const named = (component) => [component.group, component.name].filter(Boolean).join('/')
  const of = bill.components.find((component) => named(component) === manifest.name)
  if (of === undefined) throw new Error(`npm's bill of materials does not have ${manifest.name}`)
  const compiled = bill.components.flatMap((component) =>
    packed.has(named(component))
      ? bundledOf(packed.get(named(component)).folder).map((part) => ({ part, into: component['bom-ref'] }))
      : [],
  )
  const project = bill.metadata.component['bom-ref']
  const dependencies = bill.dependencies
    .filter(({ ref }) => ref !== project)
    .map((entry) => ({
      ...entry,
      dependsOn: [...entry.dependsOn, ...compiled.filter(({ into }) => into === entry.ref).map(({ part }) => part['bom-ref'])],
    }))
  return {
    ...bill,
    metadata: { ...bill.metadata, component: withoutLocalPaths(of) },
    components: [...bill.components.filter((component) => component !== of), ...compiled.map(({ part }) => part)].map(
      withoutLocalPaths,
    ),
    dependencies: [...dependencies, ...compiled.map(({ part }) => ({ ref: part['bom-ref'], dependsOn: [] }))],
  }
}

function bundledOf(folder) {
  return (BUNDLED[basename(folder)] ?? []).map((name) => {
    const { version, license } = JSON.parse(readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8'))
    const purl = `pkg:npm/${name}@${version}`
    return { 'bom-ref': `${name}@${version}`, type: 'library', name, version, purl, licenses: [{ license: { id: license } }] }
  })
}

/** Where a tarball lay on the machine that made the document tells nobody anything. */
function withoutLocalPaths(component) {
  const externalReferences = (component.externalReferences ?? []).filter(({ url }) => !url.startsWith('file:'))
  return { ...component, externalReferences }
}

/** Public packages that it depends on, those of its dependencies included. */
function workspaceDependencies({ dependencies = {} }, packed) {
  const direct = Object.keys(dependencies).filter((name) => packed.has(name))
  return [...new Set(direct.flatMap((name) => [name, ...workspaceDependencies(packed.get(name).manifest, packed)]))]
}

function npm(cwd, args) {
  const { status, stdout, stderr } = spawnSync('npm', [...args, '--loglevel=error'], { cwd, encoding: 'utf8' })
  if (status !== 0) throw new Error(`npm ${args[0]} failed: ${stderr || stdout}`)
  return stdout
}
