//! `#[node]`: the function stays, and a registration with its spec and a caller is added beside it.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Expr, FnArg, GenericArgument, Ident, ItemFn, Pat, PatType, PathArguments, ReturnType, Type};

use crate::{
    attribute::{NodeAttribute, ParamAttribute, Role},
    docs::{plain_name, required_doc, words_of_snake},
};

/// One argument of the node's function.
enum Argument {
    Context,
    Input {
        name: String,
        ty: Box<Type>,
        doc: String,
    },
    Param {
        name: String,
        ty: Box<Type>,
        doc: String,
        settings: Box<ParamAttribute>,
    },
    /// Several parameters that other nodes have too: a struct with `Params`.
    Params {
        ty: Box<Type>,
    },
}

pub fn expand(attribute: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    let attribute: NodeAttribute = syn::parse2(attribute)?;
    let mut function: ItemFn = syn::parse2(item)?;
    let doc = required_doc(&function.attrs, &function.sig.ident, "the node")?;
    let result = result_type(&function)?;

    let mut arguments = Vec::new();
    for argument in &mut function.sig.inputs {
        let FnArg::Typed(argument) = argument else {
            return Err(syn::Error::new_spanned(argument, "a node is a free function"));
        };
        arguments.push(read_argument(argument)?);
        // The compiler refuses doc comments and foreign attributes on arguments.
        argument
            .attrs
            .retain(|attribute| !["doc", "param", "params"].iter().any(|ours| attribute.path().is_ident(ours)));
    }
    check_role(&attribute, &arguments)?;

    let spec = spec(&attribute, &doc, &arguments, &result);
    let call = call(&attribute, &function, &arguments);
    let node_type = &attribute.node_type;
    let timeout = match &attribute.timeout_seconds {
        Some(seconds) => quote!(::std::option::Option::Some(::std::time::Duration::from_secs(#seconds))),
        None => quote!(::std::option::Option::None),
    };
    Ok(quote! {
        #[allow(clippy::too_many_arguments)]
        #function

        const _: () = {
            #spec
            #call
            ::engine::private::inventory::submit! {
                ::engine::NodeKind { node_type: #node_type, timeout: #timeout, make_spec: spec, call }
            }
        };
    })
}

fn read_argument(argument: &PatType) -> syn::Result<Argument> {
    if matches!(&*argument.ty, Type::Reference(_)) {
        return Ok(Argument::Context);
    }
    let Pat::Ident(pattern) = &*argument.pat else {
        return Err(syn::Error::new_spanned(&argument.pat, "an argument of a node has a plain name"));
    };
    let name = plain_name(&pattern.ident);
    let ty = argument.ty.clone();
    if argument.attrs.iter().any(|attribute| attribute.path().is_ident("params")) {
        return Ok(Argument::Params { ty });
    }
    match ParamAttribute::find(&argument.attrs)? {
        Some(settings) => {
            let doc = required_doc(&argument.attrs, &pattern.ident, "the parameter")?;
            Ok(Argument::Param { name, ty, doc, settings: Box::new(settings) })
        }
        None => {
            let doc = required_doc(&argument.attrs, &pattern.ident, "the input")?;
            Ok(Argument::Input { name, ty, doc })
        }
    }
}

/// The run service finds a workflow's public inputs and outputs by these parameters.
fn check_role(attribute: &NodeAttribute, arguments: &[Argument]) -> syn::Result<()> {
    let needed: &[&str] = match attribute.role {
        Role::Input => &["name", "value"],
        Role::Step | Role::Note | Role::Reroute => &[],
        Role::Output => &["name"],
    };
    for needed in needed {
        let there = arguments.iter().any(|a| matches!(a, Argument::Param { name, .. } if name == needed));
        if !there {
            let message = format!("a node of this role has a parameter called `{needed}`");
            return Err(syn::Error::new(attribute.node_type.span(), message));
        }
    }
    Ok(())
}

fn result_type(function: &ItemFn) -> syn::Result<Type> {
    let refuse = || syn::Error::new_spanned(&function.sig, "a node returns `Result<…, NodeError>`");
    let ReturnType::Type(_, ty) = &function.sig.output else { return Err(refuse()) };
    let Type::Path(path) = &**ty else { return Err(refuse()) };
    let last = path.path.segments.last().filter(|segment| segment.ident == "Result").ok_or_else(refuse)?;
    let PathArguments::AngleBracketed(generics) = &last.arguments else { return Err(refuse()) };
    match generics.args.first() {
        Some(GenericArgument::Type(ty)) => Ok(ty.clone()),
        _ => Err(refuse()),
    }
}

fn spec(attribute: &NodeAttribute, doc: &str, arguments: &[Argument], result: &Type) -> TokenStream {
    let NodeAttribute { node_type, title, example, resource, cacheable, version, .. } = attribute;
    let role = match attribute.role {
        Role::Input => format_ident!("Input"),
        Role::Step => format_ident!("Step"),
        Role::Output => format_ident!("Output"),
        Role::Note => format_ident!("Note"),
        Role::Reroute => format_ident!("Reroute"),
    };
    let inputs = arguments.iter().filter_map(|argument| match argument {
        Argument::Input { name, ty, doc } => Some(quote!(::engine::private::input_spec::<#ty>(#name, #doc))),
        Argument::Context | Argument::Param { .. } | Argument::Params { .. } => None,
    });
    let params = arguments.iter().filter_map(|argument| match argument {
        Argument::Param { name, ty, doc, settings } => {
            let spec = param_spec(name, ty, doc, settings);
            Some(quote!(params.push(#spec);))
        }
        Argument::Params { ty } => Some(quote!(params.extend(<#ty as ::engine::NodeParams>::specs());)),
        Argument::Context | Argument::Input { .. } => None,
    });
    let output = output_name(attribute);
    let text = |text: &Option<syn::LitStr>| text.as_ref().map(syn::LitStr::value).unwrap_or_default();
    let (passes, cases) = (text(&attribute.passes), text(&attribute.cases));
    let (was, renamed, aligned) = (text(&attribute.was), text(&attribute.renamed), attribute.aligned);
    let returns = attribute.returns.as_ref().map(syn::LitStr::value).unwrap_or_default();
    quote! {
        fn spec() -> ::engine::private::NodeSpec {
            ::engine::private::finish_spec(::engine::private::NodeSpec {
                node_type: #node_type.into(),
                version: #version,
                title: #title.into(),
                summary: ::std::string::String::new(),
                description: #doc.into(),
                role: ::engine::private::NodeRole::#role,
                resource: ::engine::private::Resource::#resource,
                cacheable: #cacheable,
                inputs: ::std::vec![#(#inputs),*],
                outputs: <#result as ::engine::NodeOutputs>::ports(#output, #returns),
                params: {
                    #[allow(unused_mut)]
                    let mut params = ::std::vec::Vec::new();
                    #(#params)*
                    params
                },
                dynamic: ::std::option::Option::None,
                was: ::std::vec::Vec::new(),
                renamed: ::std::vec::Vec::new(),
                example: ::engine::private::serde_json::Value::Null,
            }, #example, &::engine::private::SpecHints {
                passes: #passes, cases: #cases, was: #was, renamed: #renamed, aligned: #aligned,
            })
        }
    }
}

pub(crate) fn param_spec(name: &str, ty: &Type, doc: &str, settings: &ParamAttribute) -> TokenStream {
    let ParamAttribute { title, default, min, max, step, unit, accept, model, prompt, advanced, unwired } = settings;
    let title = title.as_ref().map_or_else(|| words_of_snake(name), syn::LitStr::value);
    let number = |value: &Option<Expr>| match value {
        Some(value) => quote!(::std::option::Option::Some((#value) as f64)),
        None => quote!(::std::option::Option::None),
    };
    let (min, max, step) = (number(min), number(max), number(step));
    let text = |value: &Option<syn::LitStr>| match value {
        Some(value) => quote!(::std::option::Option::Some(#value)),
        None => quote!(::std::option::Option::None),
    };
    let (unit, accept, model) = (text(unit), text(accept), text(model));
    let default = match default {
        None => quote!(::engine::private::serde_json::Value::Null),
        // A path names a variant of a `Choice` (or a constant); everything else is a literal.
        Some(path @ Expr::Path(_)) => quote!(::engine::ParamValue::to_json(&(#path))),
        Some(literal) => quote!(::engine::private::serde_json::json!(#literal)),
    };
    quote! {
        ::engine::private::param_spec::<#ty>(
            #name, #title, #doc, #default,
            ::engine::ParamHints {
                min: #min, max: #max, step: #step, unit: #unit, accept: #accept, model: #model,
                prompt: #prompt, advanced: #advanced, unwired: #unwired,
            },
        )
    }
}

fn output_name(attribute: &NodeAttribute) -> TokenStream {
    match &attribute.output {
        Some(name) => quote!(::std::option::Option::Some(#name)),
        None => quote!(::std::option::Option::None),
    }
}

fn call(attribute: &NodeAttribute, function: &ItemFn, arguments: &[Argument]) -> TokenStream {
    let name: &Ident = &function.sig.ident;
    let values = arguments.iter().map(|argument| match argument {
        Argument::Context => quote!(ctx),
        Argument::Input { name, ty, .. } => quote!(args.input::<#ty>(#name)?),
        Argument::Param { name, ty, .. } => quote!(args.param::<#ty>(#name)?),
        Argument::Params { ty } => quote!(<#ty as ::engine::NodeParams>::take(&mut args)?),
    });
    let wait = function.sig.asyncness.map(|_| quote!(.await));
    let output = output_name(attribute);
    quote! {
        fn call<'a>(
            ctx: &'a ::engine::NodeContext,
            #[allow(unused_mut, unused_variables)]
            mut args: ::engine::Args,
        ) -> ::engine::private::NodeFuture<'a> {
            ::std::boxed::Box::pin(async move {
                #[allow(unused_variables)]
                let ctx = ctx;
                let result = #name(#(#values),*)#wait?;
                ::engine::NodeOutputs::into_values(result, #output)
            })
        }
    }
}
