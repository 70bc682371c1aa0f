import { copyFile, mkdir, readdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { build } from 'esbuild'

export type Package = {
  name: string
  version: string
  description?: string
  license: string
  licenseText: string
}

const isLicence = (name: string): boolean => /^licen[cs]e/i.test(name)

/** A package's own description, as its author published it. */
export async function packageOf(folder: string): Promise<Package> {
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Omit<Package, 'licenseText'>
  const names = (await readdir(folder)).filter(isLicence)
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))
  return { ...manifest, licenseText: texts.join('\n') || 'The package comes without the text of its licence.' }
}

/** The folders of the packages, relative to `root`, that files lie in. */
export const foldersOf = (files: readonly string[]): string[] => [
  ...new Set(
    files.map((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]).filter((each) => each !== undefined),
  ),
]

/** Copies what modules need at run time on this platform, and nothing else of their packages. Answers the packages. */
export async function copyPackages({
  modules,
  root,
  out,
}: {
  modules: readonly string[]
  root: string
  out: string
}): Promise<Package[]> {
  const files = await requiredFiles(modules, root)
  const folders = foldersOf(files)
  for (const folder of folders) files.push(...(await describing(root, folder)), ...(await binaries(root, folder)))
  for (const file of new Set(files)) {
    await mkdir(dirname(join(out, file)), { recursive: true })
    await copyFile(join(root, file), join(out, file))
  }
  return Promise.all(folders.map((folder) => packageOf(join(root, folder))))
}

/** Every file that the modules reach by `require`, relative to `root`. */
async function requiredFiles(modules: readonly string[], root: string): Promise<string[]> {
  const { resolve } = createRequire(join(root, 'package.json'))
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: modules.map((name) => resolve(name)),
    outdir: 'unused',
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    loader: { '.node': 'empty' },
    // A package that tries several platforms finds this one's.
    logLevel: 'silent',
  })
  return Object.keys(metafile.inputs).map((path) => relative(root, join(root, path)))
}

const describing = async (root: string, folder: string): Promise<string[]> =>
  (await readdir(join(root, folder)))
    .filter((name) => name === 'package.json' || isLicence(name))
    .map((name) => join(folder, name))

/** Native code is found by the name of the platform. */
async function binaries(root: string, folder: string): Promise<string[]> {
  const platform = `${process.platform}-${process.arch}`
  const names = await readdir(join(root, folder), { recursive: true })
  return names
    .filter((name) => name.startsWith(`prebuilds/${platform}/`) || name === `prebuilds/${platform}.node`)
    .filter((name) => name.endsWith('.node') && !name.endsWith('.musl.node'))
    .map((name) => join(folder, name))
}
