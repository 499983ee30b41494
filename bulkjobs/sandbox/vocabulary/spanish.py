"""Spanish postings."""

# ruff: noqa: E501  (one sentence a line)

from __future__ import annotations

from .chance import repeated
from .language import Headings, Language, occupation

SPANISH = Language(
    stop=" ",
    anonymous="Empresa confidencial",
    forms=repeated(
        {
            ("%s", "Mid-Senior level"): 8,
            ("%s", "Entry level"): 7,
            ("%s", "Not Applicable"): 4,
            ("%s (H/M/X)", "Associate"): 4,
            ("%s sénior", "Mid-Senior level"): 3,
            ("%s – incorporación inmediata", "Entry level"): 1,
            ("Prácticas: %s", "Internship"): 2,
        }
    ),
    remote="%s (teletrabajo)",
    shift="%s – turno de noche",
    headings=Headings(about="Quiénes somos", duties="¿Qué harás?", needs="¿Qué buscamos?", benefits="¿Qué ofrecemos?"),
    about=(
        "{company} lleva más de treinta años acompañando a sus clientes con seriedad, cercanía y buen humor.",
        "En {company} formamos equipos pequeños, decidimos cerca del trabajo y cuidamos las reuniones cortas.",
        "{company} es una empresa familiar con presencia en más de veinte países y 450 personas en plantilla.",
        "Creemos que un proceso tranquilo y bien cuidado vale más que cualquier heroicidad de última hora.",
        "{company} sigue creciendo: el año pasado abrimos dos sedes y este año contratamos en casi todos los equipos.",
        "Nuestra gente se queda por el compañerismo: la antigüedad media en {company} es de siete años.",
    ),
    role=(
        "Buscamos {title} para incorporarse a nuestro equipo en {place}.",
        "El puesto de {title} es de nueva creación y depende de la dirección de {place}.",
        "Si disfrutas con {skill} y quieres aprender más sobre {skill2}, este puesto es para ti.",
        "Te responsabilizarás de tu área desde la primera idea hasta el día a día, con el apoyo de todo el equipo.",
    ),
    duties=(
        "Coordinarte con otros departamentos para acordar prioridades y cumplir los plazos",
        "Documentar tu trabajo para que otras personas puedan seguirlo y mejorarlo",
        "Apoyar a la jefatura en la planificación y avisar a tiempo de los riesgos",
        "Acompañar a las nuevas incorporaciones y compartir lo que sabes de {skill}",
        "Proponer mejoras, probarlas y contar con franqueza qué ha salido de ellas",
        "Cumplir las normas de seguridad, calidad & protección de datos",
        "Preparar informes breves para la dirección",
        "Representar a {company} ante clientes y proveedores",
    ),
    needs=(
        "Formación en un área afín o experiencia equivalente",
        "Al menos tres años de experiencia con {skill}, y a ser posible con {skill2}",
        "Orden, autonomía y atención al detalle",
        "Español nativo y buen nivel de inglés hablado y escrito",
        "Gusto por el trabajo en equipo y por explicar las cosas con sencillez",
        "Se valorarán conocimientos de {skill3}",
        "Permiso de conducir B y disponibilidad para viajar alguna vez (menos del 10 %)",
        "Calma y buen criterio, también cuando aprieta el trabajo",
    ),
    benefits=(
        "25 días laborables de vacaciones y tu cumpleaños libre",
        "Hasta tres días de teletrabajo por semana, según el puesto",
        "Seguro médico privado desde el primer día",
        "Presupuesto anual de formación de 1.500 € y tiempo para aprovecharlo",
        "Horario flexible y jornada intensiva en verano",
        "Ayuda de comida, transporte y guardería",
        "Contrato indefinido y revisión salarial cada primavera",
        "Permiso parental ampliado para todas las familias",
    ),
    closings=(
        "Envía tu currículum a empleo@{domain}; respondemos a todas las personas en un plazo de diez días.",
        "En {company} valoramos todas las candidaturas con independencia de origen, edad, género, religión, orientación o discapacidad.",
        "Las entrevistas se hacen en línea y en {place}, con las personas con las que trabajarías.",
        "El salario depende de la experiencia y se acuerda antes de la segunda entrevista.",
    ),
    occupations={
        "software": occupation(
            "Desarrollador C++|Desarrolladora Python|Ingeniero de software|Programador .NET|Desarrollador Full Stack"
            "|Ingeniera de software (Go)",
            "C++|C#|.NET|Python|Java|SQL|Go|Git|Docker",
            "Diseñar, escribir y revisar código en {skill} y {skill2}",
            "Mantener las pruebas automáticas y unas entregas sin sobresaltos",
            "Buscar la causa de los fallos y corregirla de una vez",
        ),
        "data": occupation(
            "Ingeniero de datos|Científica de datos|Analista de datos|Administrador de bases de datos|Data Engineer",
            "Python|SQL|R|Spark|Power BI|estadística|Airflow",
            "Construir procesos de datos fiables con {skill}",
            "Analizar la información y explicar con claridad qué dice y qué no",
            "Vigilar la calidad de los datos y seguir el rastro de los errores",
        ),
        "health": occupation(
            "Enfermero|Enfermera de UCI|Fisioterapeuta|Auxiliar de enfermería|Farmacéutico|Técnico de radiología",
            "cuidados intensivos|curas|medicación|historia clínica|higiene hospitalaria|urgencias",
            "Prestar cuidados seguros y cercanos, entre ellos {skill}",
            "Registrar la evolución de cada paciente y coordinarte con el equipo médico",
            "Acompañar a las familias & tutelar a estudiantes en prácticas",
        ),
        "finance": occupation(
            "Contable|Analista financiero|Auditor interno|Técnico de nóminas|Gestor de riesgos|Auxiliar administrativo",
            "contabilidad|SAP|Excel|cierres mensuales|IVA|presupuestos|NIIF",
            "Preparar los cierres mensuales y las cuentas anuales",
            "Revisar facturas y pagos con ayuda de {skill}",
            "Elaborar presupuestos y explicar las desviaciones",
        ),
        "sales": occupation(
            "Asesor comercial|Ejecutiva de ventas|Gerente de cuentas|Vendedor|Teleoperador|Dependienta",
            "negociación|CRM|prospección|atención al cliente|Excel|inglés",
            "Cuidar la cartera de clientes y abrir nuevas cuentas en tu zona",
            "Preparar ofertas, negociar condiciones & seguir cada pedido hasta la entrega",
            "Mantener al día {skill} y compartir lo que pide el mercado",
        ),
        "trades": occupation(
            "Electricista|Fontanero|Soldador|Carpintero|Técnico de mantenimiento|Albañil|Mecánico industrial",
            "lectura de planos|soldadura|baja tensión|mantenimiento preventivo|trabajos en altura|seguridad",
            "Instalar, mantener y reparar equipos en casa del cliente",
            "Localizar averías con método y con {skill}",
            "Cuidar las herramientas y el vehículo",
        ),
        "logistics": occupation(
            "Mozo de almacén|Carretillero|Conductor C+E|Técnico de logística|Gestora de compras|Repartidor",
            "carretilla elevadora|inventario|SAP|rutas|aduanas|Excel|permiso C+E",
            "Recibir, colocar, preparar & expedir la mercancía",
            "Planificar rutas para que los vehículos viajen llenos",
            "Contar existencias y aclarar las diferencias",
        ),
    },
)
