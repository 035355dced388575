module.exports = {apps: [
  {name: 'web', script: './dist/index.js', cwd: __dirname, instances: 2, exec_mode: 'cluster', env: {PORT: 3000, NODE_ENV: 'production'}},
  {name: 'worker', script: './dist/worker.js', cwd: __dirname, max_memory_restart: '1G', env: {NODE_ENV: 'production'}},
]};
