"""A chat model with random weights, and llama.cpp running it: the reference for our chat with GGUF files.

    chat.py make MODEL.gguf                  writes the model: Llama-shaped, 4 bits a weight (Q4_K)
    chat.py run MODEL.gguf PROMPT N THREADS  prints JSON: tokens a second of prompt and of answer, by llama.cpp's own clock
"""

import json
import sys

WIDTH, INNER, LAYERS, HEADS, KV_HEADS, WORDS, CONTEXT = 1024, 2816, 12, 16, 4, 8192, 2048


def make(path):
    import gguf
    import numpy as np

    random = np.random.default_rng(1)
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_rope_freq_base(10000.0)
    writer.add_vocab_size(WORDS)
    letters = [chr(ord("a") + n) for n in range(26)]
    words = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)] + ["▁"] + letters
    plain = 3 + 256
    # Pairs and triples of letters, with and without a space before them: enough for a prompt to be cut into words.
    more = [a + b for a in ["▁"] + letters for b in letters]
    more += [a + b + c for a in ["▁"] + letters for b in letters for c in letters]
    words = (words + more)[:WORDS]
    kinds = [2, 3, 3] + [6] * 256 + [1] * (len(words) - plain)
    writer.add_tokenizer_model("llama")
    writer.add_token_list(words)
    writer.add_token_scores([0.0] * plain + [-float(n) for n in range(len(words) - plain)])
    writer.add_token_types(kinds)
    writer.add_bos_token_id(1)
    writer.add_unk_token_id(0)
    writer.add_add_bos_token(True)
    writer.add_chat_template("{% for message in messages %}{{ message.content }}{% endfor %}")

    def table(name, rows, columns):
        # Blocks of Q4_K: two scales in half precision, then the blocks' own scales and four bits for each of 256 weights.
        blocks = random.integers(0, 256, (rows, columns // 256, 144), dtype=np.uint8)
        blocks[:, :, 0:4] = np.array([3e-5, 2e-4], dtype=np.float16).view(np.uint8)
        kind = gguf.GGMLQuantizationType.Q4_K
        writer.add_tensor(name, blocks.reshape(rows, -1), raw_dtype=kind)

    def ones(name):
        writer.add_tensor(name, np.ones(WIDTH, dtype=np.float32))

    table("token_embd.weight", len(words), WIDTH)
    table("output.weight", len(words), WIDTH)
    ones("output_norm.weight")
    kv = WIDTH // HEADS * KV_HEADS
    for layer in range(LAYERS):
        at = f"blk.{layer}"
        ones(f"{at}.attn_norm.weight")
        ones(f"{at}.ffn_norm.weight")
        table(f"{at}.attn_q.weight", WIDTH, WIDTH)
        table(f"{at}.attn_k.weight", kv, WIDTH)
        table(f"{at}.attn_v.weight", kv, WIDTH)
        table(f"{at}.attn_output.weight", WIDTH, WIDTH)
        table(f"{at}.ffn_gate.weight", INNER, WIDTH)
        table(f"{at}.ffn_up.weight", INNER, WIDTH)
        table(f"{at}.ffn_down.weight", WIDTH, INNER)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def run(path, prompt, count, threads):
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = path
    params.n_ctx, params.n_parallel, params.warmup, params.n_gpu_layers = CONTEXT, 1, True, 0
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    params.verbosity = 0
    server = xllamacpp.Server(params)
    ask = {"prompt": prompt, "n_predict": count, "ignore_eos": True, "temperature": 0.0, "cache_prompt": False}
    best = {}
    for _ in range(3):
        answer = server.handle_completions(ask)
        answer = json.loads(answer) if isinstance(answer, str) else answer
        for name, value in answer["timings"].items():
            best[name] = max(best.get(name, 0), value)
    print(json.dumps({
        "prompt_tokens": best["prompt_n"],
        "prompt_tokens_per_second": best["prompt_per_second"],
        "answer_tokens_per_second": best["predicted_per_second"],
    }))


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(sys.argv[2])
    else:
        run(sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
