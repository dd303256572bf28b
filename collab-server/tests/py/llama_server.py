"""llama.cpp's own server, with its OpenAI-compatible interface, on a port of its own.

    llama_server.py MODEL.gguf KEY      prints its address when it answers, and ends when its input ends
"""

import os
import sys

import xllamacpp

params = xllamacpp.CommonParams()
params.model.path = sys.argv[1]
params.api_keys = [sys.argv[2]]
params.hostnames, params.port = ["127.0.0.1"], 0
# One question at a time, so that one nobody waits for any more would be in the way of the next.
params.n_parallel, params.n_threads_http = 1, 2
params.n_ctx, params.n_gpu_layers = 0, 0
params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
params.endpoint_slots = True
params.embedding, params.pooling_type = True, xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
server = xllamacpp.Server(params)
print(server.listening_address, flush=True)
# Closed by whoever started this, also when they are killed. The model may be in the middle of an answer.
sys.stdin.read()
os._exit(0)
