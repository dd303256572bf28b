//! A conversation as the one text that a model was trained on: the chat template of its file.
//!
//! Templates come with models, from strangers: they reach nothing but the conversation, and run on a ration.

use minijinja::{Environment, Error, ErrorKind, context, syntax::SyntaxConfig, value::Serde};
use minijinja_contrib::pycompat::unknown_method_callback;
use serde::Serialize;

/// Steps of a template. A long conversation takes thousands.
const FUEL: u64 = 2_000_000;

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Message {
    pub role: &'static str,
    pub content: String,
}

/// What a template can use besides the conversation.
#[derive(Debug, Clone, Default)]
pub(super) struct Words {
    pub bos: String,
    pub eos: String,
    /// Whether the model is to think aloud first; absent: its own way.
    pub thinking: Option<bool>,
}

/// The text that the model continues.
pub(super) fn render(template: &str, messages: &[Message], words: &Words) -> Result<String, String> {
    let mut environment = Environment::new();
    environment.set_fuel(Some(FUEL));
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    environment.set_syntax(syntax.map_err(|error| error.to_string())?);
    environment.set_unknown_method_callback(unknown_method_callback);
    environment.add_function("raise_exception", |message: String| -> Result<String, Error> {
        Err(Error::new(ErrorKind::InvalidOperation, message))
    });
    // Some templates tell the model the day. A day would make the same prompt another one tomorrow.
    environment.add_function("strftime_now", |_: String| String::new());
    let mut values = context! {
        messages => Serde(messages),
        add_generation_prompt => true,
        bos_token => words.bos.as_str(),
        eos_token => words.eos.as_str(),
    };
    if let Some(thinking) = words.thinking {
        values = context! { enable_thinking => thinking, ..values };
    }
    environment.render_str(template, values).map_err(|error| super::first_line(&error.to_string()))
}

/// For files without a template: what most models of the last years understand.
pub(super) const CHATML: &str = "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}\
<|im_end|>\n{% endfor %}<|im_start|>assistant\n";

/// For files without a template whose model knows no marks of turns either.
pub(super) const PLAIN: &str = "{% for message in messages %}{{ message.content }}\n\n{% endfor %}";

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(template: &str) -> Result<String, String> {
        let message = |role, content: &str| Message { role, content: content.to_owned() };
        let messages = [message("system", " Be brief. "), message("user", "Hi {{ 7 * 7 }}")];
        render(template, &messages, &Words { bos: "<s>".into(), eos: "</s>".into(), thinking: Some(false) })
    }

    #[test]
    fn a_template_of_the_llama_kind_reads() {
        let template = "{{- bos_token }}{%- for message in messages %}\n  {%- if message['role'] == 'system' %}\n\
            {{- '<<SYS>>' + message['content'].strip() + '<</SYS>>' }}\n  {%- else %}{{- '[INST] ' + \
            message.content | trim + ' [/INST]' -}}{%- endif %}\n{%- endfor %}";
        assert_eq!(rendered(template).unwrap(), "<s><<SYS>>Be brief.<</SYS>>[INST] Hi {{ 7 * 7 }} [/INST]");
    }

    #[test]
    fn a_template_of_the_qwen_kind_reads() {
        let template = "{%- set ns = namespace(last=messages|length - 1) %}{%- if messages[0].role == 'system' %}S\
            {%- endif %}{%- for m in messages[::-1] %}{%- if loop.first and m.content.startswith('Hi') %}{{ loop.index0 }}\
            {%- endif %}{%- endfor %}{%- if enable_thinking is defined and enable_thinking is false %}<think></think>\
            {%- endif %}{{ ns.last }}";
        assert_eq!(rendered(template).unwrap(), "S0<think></think>1");
        assert_eq!(rendered(CHATML).unwrap().matches("<|im_start|>").count(), 3);
    }

    #[test]
    fn a_template_reaches_nothing_and_ends() {
        assert!(rendered("{% include '/etc/passwd' %}").is_err());
        assert!(rendered("{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}").is_err());
        assert!(rendered("{{ raise_exception('no system role') }}").unwrap_err().contains("no system role"));
        assert!(rendered("{{ open('x') }}").is_err());
    }
}
