# SPDX-License-Identifier: MIT
# lib.nix: a small stand-in for NixOS's module system, of before and after 2013, to evaluate host/nix/module.nix by.
# It is strict where NixOS is: an option that is declared twice, defined without a declaration, of the wrong type or
# defined twice for one value is an error.
let
  inherit (builtins)
    attrNames
    concatLists
    concatMap
    elem
    filter
    foldl'
    head
    isAttrs
    isBool
    isFunction
    isInt
    isList
    isString
    length
    map
    mapAttrs
    tail
    ;

  typeOf = v: if isAttrs v then v._type or "" else "";
  isOption = v: typeOf v == "option";
  show = builtins.concatStringsSep ".";
  unique = foldl' (seen: n: if elem n seen then seen else seen ++ [ n ]) [ ];

  # --- definitions: [ { prio, order, value } ] of one with mkIf, mkMerge, mkOverride and mkOrder around it ------
  definitions =
    v:
    if typeOf v == "merge" then
      concatMap definitions v.contents
    else if typeOf v == "if" then
      (if v.condition then definitions v.content else [ ])
    else if typeOf v == "override" then
      map (d: d // { prio = v.priority; }) (definitions v.content)
    else if typeOf v == "order" then
      map (d: d // { order = v.priority; }) (definitions v.content)
    else
      [
        {
          prio = 100;
          order = 1000;
          value = v;
        }
      ];

  # The value of an option or an element: what has the lowest priority number, merged by the type.
  merge =
    path: type: values:
    let
      all = concatMap definitions values;
      lowest = foldl' (p: d: if d.prio < p then d.prio else p) 10000 all;
      chosen = map (d: d.value) (builtins.sort (a: b: a.order < b.order) (filter (d: d.prio == lowest) all));
    in
    if builtins.all type.check chosen then
      type.merge path chosen
    else
      throw "The option `${show path}' is not of type ${type.name}";

  one =
    path: values:
    if builtins.all (v: v == head values) values then
      head values
    else
      throw "The option `${show path}' has conflicting definitions";

  scalar = name: check: {
    inherit name check;
    merge = one;
  };

  types = rec {
    int = scalar "int" isInt;
    bool = scalar "bool" isBool;
    str = scalar "str" (v: isString v || typeOf v == "derivation" || v ? outPath);
    path = scalar "path" (v: builtins.isPath v || v ? outPath || isString v && builtins.substring 0 1 v == "/");
    lines = scalar "lines" isString // {
      merge = _: builtins.concatStringsSep "\n";
    };
    # As NixOS of 2010 merges what has no type.
    unspecified = {
      name = "unspecified";
      check = _: true;
      merge =
        path: values:
        if tail values == [ ] then
          head values
        else if builtins.all isList values then
          concatLists values
        else if builtins.all isString values then
          builtins.concatStringsSep "" values
        else if builtins.all isAttrs values then
          foldl' (a: b: a // b) { } values
        else
          one path values;
    };
    enum = values: scalar "enum" (v: elem v values);
    either = a: b: scalar "${a.name} or ${b.name}" (v: a.check v || b.check v);
    nullOr = t: {
      name = "nullOr ${t.name}";
      check = v: v == null || t.check v;
      merge = path: values: if elem null values then one path values else t.merge path values;
    };
    listOf = t: {
      name = "listOf ${t.name}";
      check = v: isList v && builtins.all t.check v;
      merge = path: values: map (v: t.merge path [ v ]) (concatLists values);
    };
    attrsOf = t: {
      name = "attrsOf ${t.name}";
      check = isAttrs;
      getSubOptions = t.getSubOptions or (_: { });
      merge =
        path: values:
        builtins.listToAttrs (
          map (name: {
            inherit name;
            value = merge (path ++ [ name ]) t (concatMap (v: if v ? ${name} then [ v.${name} ] else [ ]) values);
          }) (unique (concatMap attrNames values))
        );
    };
    submodule =
      module:
      let
        options = name: (if isFunction module then module { inherit name; } else module).options;
      in
      {
        name = "submodule";
        check = isAttrs;
        getSubOptions = _: options "<name>";
        merge = path: values: checked (level path [ (options (builtins.elemAt path (length path - 1))) ] values);
      };
  };

  # --- one level of the tree ------------------------------------------------------------------------------------
  # Sets without mkMerge and mkIf around them; a condition goes to what is in the set.
  sets =
    v:
    if typeOf v == "merge" then
      concatMap sets v.contents
    else if typeOf v == "if" then
      map (mapAttrs (
        _: content: {
          _type = "if";
          inherit (v) condition;
          inherit content;
        }
      )) (sets v.content)
    else
      [ v ];

  # options: declarations, sets of options; values: definitions, sets. unknown: paths of definitions without
  # a declaration.
  level =
    path: options: values:
    let
      defs = concatMap sets values;
      names = unique (concatMap attrNames options);
      pick = name: concatMap (s: if s ? ${name} then [ s.${name} ] else [ ]);
      evaluated = builtins.listToAttrs (
        map (name: {
          inherit name;
          value =
            let
              here = path ++ [ name ];
              declared = pick name options;
              defined = pick name defs;
              option = head declared;
              type = option.type or types.unspecified;
              value = if concatMap definitions defined != [ ] then merge here type defined else option.default;
            in
            if !builtins.any isOption declared then
              level here declared defined
            else if length declared > 1 then
              throw "The option `${show here}' is declared twice"
            else
              {
                config = value;
                options = option // {
                  isDefined = concatMap definitions defined != [ ];
                };
                unknown = [ ];
              };
        }) names
      );
      undeclared = filter (n: !(elem n names)) (concatMap attrNames defs);
    in
    {
      config = mapAttrs (_: e: e.config) evaluated;
      options = mapAttrs (_: e: e.options) evaluated;
      unknown = map (n: path ++ [ n ]) undeclared ++ concatMap (n: evaluated.${n}.unknown) names;
    };

  # Once no definition is without a declaration.
  checked =
    result:
    if result.unknown != [ ] then
      throw "The option `${show (head result.unknown)}' does not exist"
    else
      result.config;

  # --- modules ---------------------------------------------------------------------------------------------------
  evaluate =
    modules: args:
    let
      load =
        m:
        let
          f = if builtins.isPath m then import m else m;
          set = if isFunction f then f (args // { inherit (result) config options; }) else f;
        in
        [
          {
            key = if builtins.isPath m then toString m else "";
            options = set.options or { };
            config = set.config or (removeAttrs set [ "options" "imports" "require" "disabledModules" ]);
            disabled = set.disabledModules or [ ];
          }
        ]
        ++ concatMap load (set.imports or set.require or [ ]);
      loaded = concatMap load modules;
      disabled = map (d: toString ./. + "/" + d) (concatMap (m: m.disabled) loaded);
      kept = filter (m: !(elem m.key disabled)) loaded;
      result = level [ ] (map (m: m.options) kept) (map (m: m.config) kept);
    in
    checked result;

  common = {
    inherit (builtins) concatStringsSep;
    inherit types;
    optional = condition: v: if condition then [ v ] else [ ];
    optionals = condition: v: if condition then v else [ ];
    mkOption = o: o // { _type = "option"; };
    mkIf = condition: content: {
      _type = "if";
      inherit condition content;
    };
  };
  mkOverride = priority: content: {
    _type = "override";
    inherit priority content;
  };
in
{
  inherit evaluate;

  old = common // {
    mkOverrideTemplate = priority: template: mkOverride priority;
    mkOverride = priority: template: mkOverride priority;
  };

  # era: modules can disable others since 17.09, and lib has its release since 18.09; 13.10 lacks two functions.
  new = era: removeAttrs (common // rec {
    types = removeAttrs common.types (if era == "13.10" then [ "either" "enum" ] else [ ]);
    inherit mkOverride;
    mkVMOverride = mkOverride 10;
    mkDefault = mkOverride 1000;
    mkBefore = content: {
      _type = "order";
      priority = 500;
      inherit content;
    };
    mkMerge = contents: {
      _type = "merge";
      inherit contents;
    };
    evalModules = { modules }: evaluate modules { };
    trivial = if elem era [ "13.10" "15.09" "17.09" ] then { } else { release = era; };
    modules.unifyModuleSyntax =
      file: key: m:
      (if elem era [ "13.10" "15.09" ] then { } else { disabledModules = [ ]; }) // m;
    attrByPath =
      path: default: set:
      if path == [ ] then
        set
      else if isAttrs set && set ? ${head path} then
        attrByPath (tail path) default set.${head path}
      else
        default;
    hasAttrByPath = # never looks at the last one
      path: set:
      path == [ ] || (isAttrs set && set ? ${head path} && hasAttrByPath (tail path) set.${head path});
    setAttrByPath =
      path: value: if path == [ ] then value else { ${head path} = setAttrByPath (tail path) value; };
  }) (if era == "13.10" then [ "hasAttrByPath" ] else [ ]);
}
