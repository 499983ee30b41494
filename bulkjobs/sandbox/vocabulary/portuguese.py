"""Portuguese postings."""

# ruff: noqa: E501  (one sentence a line)

from __future__ import annotations

from .chance import repeated
from .language import Headings, Language, occupation

PORTUGUESE = Language(
    stop=" ",
    anonymous="Empresa Confidencial",
    forms=repeated(
        {
            ("%s", "Mid-Senior level"): 8,
            ("%s", "Entry level"): 7,
            ("%s Pleno", "Associate"): 5,
            ("%s Sênior", "Mid-Senior level"): 4,
            ("%s Júnior", "Entry level"): 3,
            ("%s", "Not Applicable"): 2,
            ("Estágio em %s", "Internship"): 1,
        }
    ),
    remote="%s – Remoto",
    shift="%s – turno da noite",
    headings=Headings(
        about="Sobre nós",
        duties="Responsabilidades e atribuições",
        needs="Requisitos e qualificações",
        benefits="Benefícios",
    ),
    about=(
        "Há mais de trinta anos a {company} atende seus clientes com seriedade, proximidade e bom humor.",
        "Na {company} as equipes são pequenas, as decisões ficam perto do trabalho e as reuniões são curtas.",
        "A {company} é uma empresa familiar presente em mais de vinte países, com 450 pessoas no time.",
        "Acreditamos que um processo calmo e bem cuidado vale mais do que qualquer solução de última hora.",
        "A {company} continua a crescer: abrimos duas unidades no ano passado e há vagas em quase todas as áreas.",
        "Quem entra na {company} vem pelo trabalho e fica pelos colegas.",
    ),
    role=(
        "Procuramos {title} para integrar a nossa equipe em {place}.",
        "A vaga de {title} é nova e responde à direção da unidade de {place}.",
        "Se você gosta de {skill} e quer aprender mais sobre {skill2}, esta vaga é sua.",
        "Você cuidará da sua área da primeira ideia até a operação diária, com apoio de todo o time.",
    ),
    duties=(
        "Trabalhar com outras áreas para combinar prioridades e cumprir os prazos",
        "Documentar o trabalho para que outras pessoas possam entendê-lo e melhorá-lo",
        "Apoiar a liderança no planejamento e avisar cedo sobre os riscos",
        "Receber novos colegas e compartilhar o que sabe sobre {skill}",
        "Propor melhorias, testá-las e contar com franqueza o resultado",
        "Seguir as normas de segurança, qualidade & proteção de dados (LGPD)",
        "Preparar relatórios curtos para a diretoria",
        "Representar a {company} junto a clientes e fornecedores",
    ),
    needs=(
        "Formação em área afim ou experiência equivalente",
        "Pelo menos três anos de prática com {skill}, de preferência também com {skill2}",
        "Organização, autonomia e atenção aos detalhes",
        "Português fluente e bom inglês falado e escrito",
        "Gosto pelo trabalho em equipe e por explicar as coisas com simplicidade",
        "Conhecimentos de {skill3} serão um diferencial",
        "Carteira de habilitação B e disponibilidade para viagens ocasionais (menos de 10 %)",
        "Calma e bom senso, também nos dias de correria",
    ),
    benefits=(
        "Plano de saúde e odontológico desde o primeiro dia",
        "Vale-refeição, vale-alimentação e vale-transporte",
        "Até três dias de trabalho remoto por semana, conforme a função",
        "Participação nos lucros e resultados",
        "Verba anual de formação e tempo para usá-la",
        "Auxílio-creche e licença parental estendida",
        "Horário flexível e folga no dia do aniversário",
        "Previdência privada com contrapartida da empresa",
    ),
    closings=(
        "Envie o seu currículo para vagas@{domain}; respondemos a todas as pessoas em até dez dias.",
        "Na {company} todas as pessoas são bem-vindas, sem distinção de origem, idade, gênero, religião, orientação ou deficiência.",
        "As entrevistas são on-line e presenciais em {place}, com quem trabalhará ao seu lado.",
        "O salário depende da experiência e é combinado antes da segunda entrevista.",
    ),
    occupations={
        "software": occupation(
            "Desenvolvedor C++|Desenvolvedora Python|Engenheiro de Software|Desenvolvedor .NET / C#"
            "|Desenvolvedor Full Stack|Programadora Go",
            "C++|C#|.NET|Python|Java|SQL|Go|Git|Docker",
            "Projetar, escrever e revisar código em {skill} e {skill2}",
            "Manter os testes automáticos e entregas sem sobressaltos",
            "Investigar a causa das falhas e corrigi-la de vez",
        ),
        "data": occupation(
            "Engenheiro de Dados|Cientista de Dados|Analista de Dados|Analista de BI|Estatística",
            "Python|SQL|R|Spark|Power BI|estatística|Airflow",
            "Construir fluxos de dados confiáveis com {skill}",
            "Analisar informações e explicar com clareza o que elas dizem",
            "Cuidar da qualidade dos dados e rastrear a origem dos erros",
        ),
        "health": occupation(
            "Enfermeiro|Técnica de Enfermagem|Fisioterapeuta|Farmacêutico|Nutricionista|Auxiliar de Saúde",
            "curativos|medicação|prontuário eletrônico|higiene hospitalar|urgência|UTI",
            "Prestar cuidados seguros e humanos, entre eles {skill}",
            "Registrar a evolução dos pacientes e trabalhar com a equipe médica",
            "Orientar famílias & estudantes em estágio",
        ),
        "finance": occupation(
            "Contador|Analista Financeiro|Auxiliar Contábil|Analista Fiscal|Auditora|Assistente de Tesouraria",
            "contabilidade|SAP|Excel|fechamento mensal|impostos|orçamento",
            "Preparar os fechamentos mensais e anuais",
            "Conferir notas fiscais e pagamentos com {skill}",
            "Elaborar orçamentos e explicar os desvios",
        ),
        "service": occupation(
            "Assistente Administrativo|Recepcionista|Atendente|Operador de Telemarketing|Secretária Executiva",
            "atendimento|Excel|agenda|CRM|digitação|organização",
            "Atender o público por telefone, e-mail & chat até a solução",
            "Manter agendas, viagens e documentos em ordem",
            "Registrar dados com cuidado, usando {skill}",
        ),
        "logistics": occupation(
            "Auxiliar de Logística|Motorista Carreteiro|Operador de Empilhadeira|Analista de Suprimentos|Conferente",
            "empilhadeira|inventário|SAP|roteirização|CNH E|Excel",
            "Receber, armazenar, separar & expedir mercadorias",
            "Planejar rotas para que os veículos rodem cheios",
            "Contar estoques e esclarecer diferenças",
        ),
    },
)
