"""MiniLM in onnxruntime: the reference for our embeddings.

    embed.py MODEL_FOLDER TEXTS.json THREADS

The package that carries the weights has them as safetensors only, so the ONNX graph is written here. onnxruntime fuses
what it can of it, as it does with an exported one. Prints JSON: tokens, seconds for one text at a time and for batches of
32, and the first vector, which shows that it is the same model.
"""

import json
import sys
import time

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import load_file
from tokenizers import Tokenizer

folder, texts_file, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
config = json.load(open(f"{folder}/config.json"))
heads, width, layers = config["num_attention_heads"], config["hidden_size"], config["num_hidden_layers"]
weights = load_file(f"{folder}/model.safetensors")
nodes, constants = [], {}


def constant(name, value):
    constants[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
    return name


def op(kind, *inputs, **attributes):
    name = f"{kind}_{len(nodes)}"
    nodes.append(helper.make_node(kind, list(inputs), [name], name=name, **attributes))
    return name


def linear(x, name):
    product = op("MatMul", x, constant(f"{name}.w", weights[f"{name}.weight"].T))
    return op("Add", product, constant(f"{name}.b", weights[f"{name}.bias"]))


def norm(x, name):
    scale, bias = (constant(f"{name}.{part}", weights[f"{name}.{part}"]) for part in ("weight", "bias"))
    return op("LayerNormalization", x, scale, bias, axis=-1, epsilon=config["layer_norm_eps"])


def split(x):
    shaped = op("Reshape", x, constant("split", np.array([0, 0, heads, width // heads])))
    return op("Transpose", shaped, perm=[0, 2, 1, 3])


words = op("Gather", constant("words", weights["embeddings.word_embeddings.weight"]), "ids")
places = op("Gather", constant("places", weights["embeddings.position_embeddings.weight"]), "positions")
kinds = constant("kinds", weights["embeddings.token_type_embeddings.weight"][0])
x = norm(op("Add", op("Add", words, kinds), places), "embeddings.LayerNorm")
for layer in range(layers):
    at = f"encoder.layer.{layer}"
    q, k, v = (split(linear(x, f"{at}.attention.self.{part}")) for part in ("query", "key", "value"))
    scores = op("MatMul", q, op("Transpose", k, perm=[0, 1, 3, 2]))
    scores = op("Div", scores, constant("root", np.array((width // heads) ** 0.5, dtype=np.float32)))
    seen = op("MatMul", op("Softmax", op("Add", scores, "mask"), axis=-1), v)
    seen = op("Reshape", op("Transpose", seen, perm=[0, 2, 1, 3]), constant("join", np.array([0, 0, width])))
    x = norm(op("Add", linear(seen, f"{at}.attention.output.dense"), x), f"{at}.attention.output.LayerNorm")
    inner = op("Gelu", linear(x, f"{at}.intermediate.dense"))
    x = norm(op("Add", linear(inner, f"{at}.output.dense"), x), f"{at}.output.LayerNorm")
value = helper.make_tensor_value_info
graph = helper.make_graph(
    nodes,
    "minilm",
    [
        value("ids", TensorProto.INT64, ["batch", "length"]),
        value("positions", TensorProto.INT64, ["length"]),
        value("mask", TensorProto.FLOAT, ["batch", 1, 1, "length"]),
    ],
    [value(x, TensorProto.FLOAT, ["batch", "length", width])],
    list(constants.values()),
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)

options = onnxruntime.SessionOptions()
options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
tokenizer = Tokenizer.from_file(f"{folder}/tokenizer.json")
tokenizer.enable_truncation(json.load(open(f"{folder}/sentence_bert_config.json"))["max_seq_length"])
tokenizer.no_padding()


def embed(batch):
    encoded = [encoding.ids for encoding in tokenizer.encode_batch(batch)]
    longest = max(map(len, encoded))
    ids = np.array([text + [0] * (longest - len(text)) for text in encoded])
    meant = np.array([[1.0] * len(text) + [0.0] * (longest - len(text)) for text in encoded], dtype=np.float32)
    mask = ((1.0 - meant) * -10000.0)[:, None, None, :]
    (hidden,) = session.run(None, {"ids": ids, "positions": np.arange(longest), "mask": mask})
    pooled = (hidden * meant[:, :, None]).sum(1) / meant.sum(1, keepdims=True)
    return pooled / np.linalg.norm(pooled, axis=1, keepdims=True), sum(map(len, encoded))


def timed(size):
    embed(texts[:size])
    begin, tokens = time.perf_counter(), 0
    for at in range(0, len(texts), size):
        tokens += embed(texts[at : at + size])[1]
    return time.perf_counter() - begin, tokens


texts = json.load(open(texts_file))
single, tokens = timed(1)
batched, _ = timed(32)
first = embed(texts[:1])[0][0].tolist()
print(json.dumps({"tokens": tokens, "single_seconds": single, "batched_seconds": batched, "first": first}))
