//! Reading `#[node(…)]` and `#[param(…)]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{
    Attribute, Expr, ExprLit, Ident, Lit, LitStr, Token,
    parse::{Parse, ParseStream},
};

/// `name` or `name = value`.
struct Setting {
    name: Ident,
    value: Option<Expr>,
}

impl Parse for Setting {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let name = input.parse()?;
        let value = if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            Some(input.parse()?)
        } else {
            None
        };
        Ok(Self { name, value })
    }
}

impl Setting {
    fn expr(&self) -> syn::Result<&Expr> {
        self.value.as_ref().ok_or_else(|| syn::Error::new(self.name.span(), "a value belongs here: `name = value`"))
    }

    fn text(&self) -> syn::Result<LitStr> {
        match self.expr()? {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Ok(text.clone()),
            other => Err(syn::Error::new_spanned(other, "a text in quotes belongs here")),
        }
    }

    /// `advanced` alone means `advanced = true`.
    fn switch(&self) -> syn::Result<bool> {
        match &self.value {
            None => Ok(true),
            Some(Expr::Lit(ExprLit { lit: Lit::Bool(value), .. })) => Ok(value.value()),
            Some(other) => Err(syn::Error::new_spanned(other, "`true` or `false` belongs here")),
        }
    }
}

/// What stands in `#[node(…)]`.
pub struct NodeAttribute {
    pub node_type: LitStr,
    pub title: LitStr,
    pub example: LitStr,
    pub role: Role,
    /// A variant of `shared::node::Resource`.
    pub resource: Ident,
    pub cacheable: bool,
    pub version: TokenStream,
    pub timeout_seconds: Option<TokenStream>,
    pub output: Option<LitStr>,
    pub returns: Option<LitStr>,
    /// The input whose value, and type, its outputs carry on.
    pub passes: Option<LitStr>,
    /// The items of its list outputs belong together.
    pub aligned: bool,
    /// The parameter whose texts are outputs.
    pub cases: Option<LitStr>,
    /// Earlier types, separated by spaces.
    pub was: Option<LitStr>,
    /// Earlier names: `old -> new, older -> newer`.
    pub renamed: Option<LitStr>,
}

#[derive(Clone, Copy, PartialEq)]
pub enum Role {
    Input,
    Step,
    Output,
    Note,
    Reroute,
}

impl Parse for NodeAttribute {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let node_type: LitStr = input.parse()?;
        if !is_node_type(&node_type.value()) {
            let message = "a node's type is `category.name` in lower case, for example `image.crop`";
            return Err(syn::Error::new(node_type.span(), message));
        }
        let (mut title, mut example, mut output, mut returns) = (None, None, None, None);
        let mut role = Role::Step;
        let mut resource = Ident::new("Light", node_type.span());
        let mut cacheable = true;
        let mut version = quote!(1);
        let mut timeout_seconds = None;
        let (mut passes, mut cases, mut was, mut renamed, mut aligned) = (None, None, None, None, false);
        while !input.is_empty() {
            input.parse::<Token![,]>()?;
            if input.is_empty() {
                break;
            }
            let setting: Setting = input.parse()?;
            match setting.name.to_string().as_str() {
                "title" => title = Some(setting.text()?),
                "example" => example = Some(setting.text()?),
                "output" => output = Some(setting.text()?),
                "returns" => returns = Some(setting.text()?),
                "passes" => passes = Some(setting.text()?),
                "cases" => cases = Some(setting.text()?),
                "was" => was = Some(setting.text()?),
                "renamed" => renamed = Some(setting.text()?),
                "aligned" => aligned = setting.switch()?,
                "cacheable" => cacheable = setting.switch()?,
                "role" => role = role_of(&setting.text()?)?,
                "resource" => resource = resource_of(&setting.text()?)?,
                "version" => {
                    let value = setting.expr()?;
                    version = quote!(#value);
                }
                "timeout_seconds" => {
                    let value = setting.expr()?;
                    timeout_seconds = Some(quote!(#value));
                }
                other => {
                    return Err(syn::Error::new(setting.name.span(), format!("`{other}` is no setting of a node")));
                }
            }
        }
        let missing = |what: &str| syn::Error::new(node_type.span(), format!("a node needs `{what} = …`"));
        Ok(Self {
            title: title.ok_or_else(|| missing("title"))?,
            example: example.ok_or_else(|| missing("example"))?,
            node_type,
            role,
            resource,
            cacheable,
            version,
            timeout_seconds,
            output,
            returns,
            passes,
            aligned,
            cases,
            was,
            renamed,
        })
    }
}

fn is_node_type(text: &str) -> bool {
    let part = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_lowercase())
            && part.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_'))
    };
    text.contains('.') && text.split('.').all(part)
}

fn role_of(text: &LitStr) -> syn::Result<Role> {
    match text.value().as_str() {
        "input" => Ok(Role::Input),
        "step" => Ok(Role::Step),
        "output" => Ok(Role::Output),
        "note" => Ok(Role::Note),
        "reroute" => Ok(Role::Reroute),
        _ => Err(syn::Error::new(text.span(), "a role is `input`, `step`, `output`, `note` or `reroute`")),
    }
}

fn resource_of(text: &LitStr) -> syn::Result<Ident> {
    let variant = match text.value().as_str() {
        "light" => "Light",
        "cpu" => "Cpu",
        "ffmpeg" => "Ffmpeg",
        "network" => "Network",
        _ => return Err(syn::Error::new(text.span(), "a resource is `light`, `cpu`, `ffmpeg` or `network`")),
    };
    Ok(Ident::new(variant, text.span()))
}

/// What stands in `#[param(…)]`.
#[derive(Default)]
pub struct ParamAttribute {
    pub title: Option<LitStr>,
    pub default: Option<Expr>,
    pub min: Option<Expr>,
    pub max: Option<Expr>,
    pub step: Option<Expr>,
    pub unit: Option<LitStr>,
    pub accept: Option<LitStr>,
    pub model: Option<LitStr>,
    pub prompt: bool,
    pub advanced: bool,
    pub unwired: bool,
}

impl ParamAttribute {
    /// `None` when the argument has no `#[param]`: then it is an input.
    pub fn find(attributes: &[Attribute]) -> syn::Result<Option<Self>> {
        let Some(attribute) = attributes.iter().find(|attribute| attribute.path().is_ident("param")) else {
            return Ok(None);
        };
        let mut param = Self::default();
        if matches!(attribute.meta, syn::Meta::Path(_)) {
            return Ok(Some(param));
        }
        let settings =
            attribute.parse_args_with(syn::punctuated::Punctuated::<Setting, Token![,]>::parse_terminated)?;
        for setting in settings {
            match setting.name.to_string().as_str() {
                "title" => param.title = Some(setting.text()?),
                "default" => param.default = Some(setting.expr()?.clone()),
                "min" => param.min = Some(setting.expr()?.clone()),
                "max" => param.max = Some(setting.expr()?.clone()),
                "step" => param.step = Some(setting.expr()?.clone()),
                "unit" => param.unit = Some(setting.text()?),
                "accept" => param.accept = Some(setting.text()?),
                "model" => param.model = Some(setting.text()?),
                "prompt" => param.prompt = setting.switch()?,
                "advanced" => param.advanced = setting.switch()?,
                "wire" => param.unwired = !setting.switch()?,
                other => {
                    return Err(syn::Error::new(
                        setting.name.span(),
                        format!("`{other}` is no setting of a parameter"),
                    ));
                }
            }
        }
        Ok(Some(param))
    }
}
