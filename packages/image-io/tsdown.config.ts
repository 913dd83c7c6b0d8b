import type { UserConfig } from 'tsdown';
import { library } from '../../tsdown.base.ts';
import { codecs } from './scripts/codecs.ts';

const config: UserConfig = {
  ...library(['src/index.ts', 'src/node.ts']),
  deps: { neverBundle: [/^node:/] },
  plugins: [codecs()],
};

export default config;
