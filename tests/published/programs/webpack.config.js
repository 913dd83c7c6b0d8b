import { fileURLToPath } from 'node:url';

export default {
  mode: 'production',
  entry: { page: './page.js', 'with-worker': './with-worker.js' },
  output: { path: fileURLToPath(new URL('webpack', import.meta.url)), filename: '[name].js' },
};
