export default {
  base: './',
  worker: { format: 'es' },
  build: { rolldownOptions: { input: ['page.html', 'worker.html'] } },
};
