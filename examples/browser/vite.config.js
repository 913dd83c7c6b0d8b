export default {
  build: { target: 'es2022' },
  worker: { format: 'es' }, // the worker is a module, and loads decoders when a file needs them
};
