//! Doc comments as text, and names as words.

use syn::{Attribute, Expr, ExprLit, Ident, Lit, Meta};

/// The text of the doc comment, without the space that follows `///`; empty if there is none.
pub fn doc_text(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    });
    let lines: Vec<String> = lines.map(|line| line.strip_prefix(' ').unwrap_or(&line).to_owned()).collect();
    lines.join("\n").trim().to_owned()
}

/// Like [`doc_text`], but a missing comment is an error that says what is to be documented.
pub fn required_doc(attributes: &[Attribute], name: &Ident, what: &str) -> syn::Result<String> {
    let text = doc_text(attributes);
    if text.is_empty() {
        let message = format!("{what} `{name}` needs a doc comment: it is what people read in the editor");
        return Err(syn::Error::new(name.span(), message));
    }
    Ok(text)
}

/// The name of an identifier, `r#` removed.
pub fn plain_name(ident: &Ident) -> String {
    let name = ident.to_string();
    name.strip_prefix("r#").unwrap_or(&name).to_owned()
}

/// `blur_radius` as "Blur radius".
pub fn words_of_snake(name: &str) -> String {
    let mut words = name.replace('_', " ");
    if let Some(first) = words.get_mut(0..1) {
        first.make_ascii_uppercase();
    }
    words
}

/// `FitInside` as `fit_inside`.
pub fn snake_of_camel(name: &str) -> String {
    let mut snake = String::new();
    for (i, c) in name.chars().enumerate() {
        if c.is_ascii_uppercase() && i > 0 {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    snake
}
