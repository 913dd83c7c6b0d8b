import type { UserConfig } from 'tsdown';
import { library } from '../../tsdown.base.ts';
import { codecs } from './scripts/codecs.ts';

const shared = library(['src/index.ts', 'src/node.ts']);
const config: UserConfig = { ...shared, deps: { neverBundle: [/^node:/] }, plugins: [shared.plugins, codecs()] };

export default config;
