// What every published package says of itself, set in one place.
//   node scripts/metadata.mjs           writes it into each package.json
//   node scripts/metadata.mjs --check   fails where a package.json says something else, or a README has a relative link
//                                       (npm run lint)
//   node scripts/metadata.mjs --release fails unless the package in this folder may be published (prepublishOnly)
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (file) => JSON.parse(readFileSync(file, 'utf8'));

/** Words that every package is found by; a package's own come before them. */
const KEYWORDS = ['medical-imaging', 'segmentation', 'diffusion', 'tensorflow', 'tfjs'];
const OWN_KEYWORDS = {
  '@medseg/arguments': ['validation', 'arguments'],
  '@medseg/backend-native': ['native', 'node', 'gpu'],
  '@medseg/backend-wasm': ['wasm', 'webassembly', 'training'],
  '@medseg/datasets': ['dataset', 'augmentation', 'brats', 'isic', 'refuge'],
  '@medseg/diffusion': ['ddpm', 'ddim', 'scheduler', 'noise-schedule'],
  '@medseg/image-io': ['dicom', 'nifti', 'nrrd', 'tiff', 'png'],
  '@medseg/inference': ['ensemble', 'uncertainty'],
  '@medseg/layers': ['ff-parser', 'attention', 'unet'],
  '@medseg/metrics': ['dice', 'hausdorff', 'calibration', 'staple'],
  '@medseg/models': ['unet', 'medsegdiff'],
  '@medseg/ops': ['gradient', 'attention', 'convolution'],
  '@medseg/pipeline': ['inference', 'evaluation'],
  '@medseg/random': ['random', 'prng', 'seed'],
  '@medseg/report': ['report', 'svg', 'plot'],
  '@medseg/trainer': ['cli', 'training', 'medsegdiff'],
  '@medseg/training': ['training', 'adamw', 'checkpoint'],
  '@medseg/weights': ['safetensors', 'pytorch', 'checkpoint'],
  '@medseg/workers': ['worker-threads', 'web-worker'],
};

/** The fields of a package. The address of the project is the owner's: the root's `repository`, once it is there. */
function metadataOf({ name }, folder) {
  const { repository, homepage, bugs } = read(join(root, 'package.json'));
  const own = OWN_KEYWORDS[name];
  if (!own) throw new Error(`scripts/metadata.mjs: ${name} has no line in OWN_KEYWORDS`);
  const url = typeof repository === 'string' ? repository : repository?.url;
  return {
    keywords: [...new Set([...own, ...KEYWORDS])],
    ...(homepage && { homepage }),
    ...(bugs && { bugs }),
    ...(url && { repository: { type: 'git', url, directory: relative(root, folder).replaceAll('\\', '/') } }),
  };
}

/** Folder and package.json of what is published. */
function published() {
  return ['packages', 'apps']
    .flatMap((group) => readdirSync(join(root, group)).map((name) => join(root, group, name)))
    .map((folder) => ({ folder, file: join(folder, 'package.json'), manifest: read(join(folder, 'package.json')) }))
    .filter(({ manifest }) => !manifest.private);
}

/** A package.json with its metadata after the description; its other fields stay. */
function withMetadata(manifest, metadata) {
  const { keywords: _k, homepage: _h, bugs: _b, repository: _r, ...rest } = manifest;
  const scripts = { ...rest.scripts, prepublishOnly: 'node ../../scripts/metadata.mjs --release' };
  const exports = rest.exports && { ...rest.exports, './package.json': './package.json' };
  const entries = Object.entries({ ...rest, ...(exports && { exports }), scripts });
  const after = entries.findIndex(([key]) => key === 'description') + 1;
  return Object.fromEntries([...entries.slice(0, after), ...Object.entries(metadata), ...entries.slice(after)]);
}

function release(folder) {
  const { name, repository, homepage, bugs } = read(join(folder, 'package.json'));
  const missing = Object.entries({ repository, homepage, bugs }).flatMap(([key, value]) => (value ? [] : [key]));
  if (missing.length === 0) return;
  console.error(
    `${name}: a release must say where the project lives, got no ${missing.join(', ')}; put them into the root's package.json and run node scripts/metadata.mjs`,
  );
  process.exitCode = 1;
}

/** Links and pictures of a README that lead nowhere on the page of a registry: all that are relative. */
function relativeTargets(readme) {
  const prose = readme.replace(/^```.*?^```/gms, '').replace(/`[^`\n]*`/g, '');
  const targets = [...prose.matchAll(/\]\(\s*<?([^)\s>]+)|^\[[^\]]+\]:\s*(\S+)|\b(?:src|href)="([^"]+)"/gm)];
  return targets
    .map(([, link, definition, html]) => link ?? definition ?? html)
    .filter((to) => !/^(https?:|mailto:|#)/.test(to));
}

const mode = process.argv[2];
if (mode === '--release') release(process.cwd());
else {
  for (const { folder, file, manifest } of published()) {
    for (const target of mode === '--check' ? relativeTargets(readFileSync(join(folder, 'README.md'), 'utf8')) : []) {
      const readme = relative(root, join(folder, 'README.md'));
      console.error(
        `${readme}: links must work on a registry's page, got the relative ${target}; name the package instead`,
      );
      process.exitCode = 1;
    }
    const wanted = `${JSON.stringify(withMetadata(manifest, metadataOf(manifest, folder)), null, 2)}\n`;
    if (readFileSync(file, 'utf8') === wanted) continue;
    if (mode === '--check') {
      console.error(`${relative(root, file)}: differs from scripts/metadata.mjs; run node scripts/metadata.mjs`);
      process.exitCode = 1;
    } else writeFileSync(file, wanted);
  }
}
