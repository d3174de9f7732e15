// Publishes every public package whose version the registry does not have, each as the tarball that scripts/check-packages.mjs looks at,
// with provenance; leaves tarballs and their bills of materials (CycloneDX) in .cache/release. Runs in .github/workflows/release.yml,
// where GITHUB_SERVER_URL and GITHUB_REPOSITORY say which repository the packages are of.
// `node scripts/release.mjs [--dry-run]`
import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pack, publicPackages } from './public-packages.mjs'
import { treeOf } from './sbom.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const out = join(root, '.cache', 'release')
const dry = process.argv.includes('--dry-run')
const { GITHUB_SERVER_URL, GITHUB_REPOSITORY, GITHUB_OUTPUT } = process.env
if (!dry && (GITHUB_SERVER_URL === undefined || GITHUB_REPOSITORY === undefined)) {
  throw new Error('releases are made by .github/workflows/release.yml, which proves where they come from; try --dry-run here')
}

rmSync(out, { recursive: true, force: true })
mkdirSync(out, { recursive: true })
const work = mkdtempSync(join(tmpdir(), 'keelson-release-'))
const packages = publicPackages()
const packed = new Map()
for (const each of packages) {
  const tarball = withRepository(each, () => pack(each, out))
  if (tarball === undefined) throw new Error(`${each.manifest.name} could not be packed`)
  packed.set(each.manifest.name, { ...each, tarball })
}
for (const each of packages) {
  const file = join(out, `${basename(packed.get(each.manifest.name).tarball, '.tgz')}.cdx.json`)
  writeFileSync(file, `${JSON.stringify(treeOf(each, packed, work).bill, null, 2)}\n`)
}
rmSync(work, { recursive: true })

let published = 0
for (const { manifest, tarball } of packed.values()) {
  const id = `${manifest.name}@${manifest.version}`
  if (!dry && isPublished(id)) {
    console.log(`${id} is published already`)
    continue
  }
  published++
  console.log(dry ? `${id} would be published from ${basename(tarball)}` : `publishing ${id}`)
  if (!dry) run('npm', ['publish', tarball, '--access', 'public', '--provenance'])
}
const { version } = packages[0].manifest
if (GITHUB_OUTPUT !== undefined) appendFileSync(GITHUB_OUTPUT, `version=${version}\npublished=${published > 0}\n`)

/** Packs with the repository in the manifest, which provenance is checked against; a fork's packages name the fork. */
function withRepository({ folder, manifest }, packs) {
  if (GITHUB_REPOSITORY === undefined) return packs()
  const file = join(folder, 'package.json')
  const before = readFileSync(file, 'utf8')
  const url = `git+${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}.git`
  const repository = { type: 'git', url, directory: `packages/${basename(folder)}` }
  writeFileSync(file, `${JSON.stringify({ ...manifest, repository }, null, 2)}\n`)
  try {
    return packs()
  } finally {
    writeFileSync(file, before)
  }
}

/** @throws Error when the registry answers neither with the version nor that there is none. */
function isPublished(id) {
  const { status, stdout, stderr } = spawnSync('npm', ['view', id, 'version', '--json'], { encoding: 'utf8' })
  if (status === 0) return stdout.trim() !== ''
  if (/\bE404\b/.test(stdout + stderr)) return false
  throw new Error(`npm view ${id} failed: ${stderr || stdout}`)
}

function run(command, args) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' })
  if (status !== 0) throw new Error(`${command} ${args[0]} ended with ${status}`)
}
